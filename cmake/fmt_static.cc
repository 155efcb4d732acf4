// SPDX-License-Identifier: Apache-2.0
#include <fmt/format-inl.h>

// format.h says of these that they are somewhere.
namespace fmt {
template auto detail::thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto detail::decimal_point_impl(locale_ref) -> char;
template auto detail::dragonbox::to_decimal(float) noexcept -> decimal_fp<float>;
template auto detail::dragonbox::to_decimal(double) noexcept -> decimal_fp<double>;
}  // namespace fmt
