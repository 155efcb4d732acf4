# SPDX-License-Identifier: Apache-2.0
"""Makes the device image: Debian, the shipped package installed in it, laid out as on a card."""
