# SPDX-License-Identifier: Apache-2.0
# Flags that every target of ours is compiled and linked with.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(BF_SANITIZE "" CACHE STRING "Value for -fsanitize=, empty for none")
option(BF_FUZZ "Build fuzz targets with libFuzzer (clang only)" OFF)
option(BF_COVERAGE "Instrument for gcov" OFF)
option(BF_HARDEN "Compiler and linker hardening for shipped binaries" OFF)

find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)

add_library(bf_flags INTERFACE)
target_include_directories(bf_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(bf_flags INTERFACE
  _FILE_OFFSET_BITS=64 BF_VERSION="${PROJECT_VERSION}")
target_compile_options(bf_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wformat=2 -Wsign-conversion -Werror -fPIE)
if(BF_HARDEN AND CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # At -O2, g++ 12 sees impossible lengths in inlined std::string operations (GCC bugs 105329,
  # 105651). The other builds keep these warnings.
  target_compile_options(bf_flags INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
# libfmt as the shared library: one copy in memory for all our tools. But for those that are linked
# statically (bf_tool), for which it is built from its own headers: Debian has no archive of it.
target_link_libraries(bf_flags INTERFACE
  $<IF:$<BOOL:$<TARGET_PROPERTY:BF_STATIC>>,bf_fmt_static,fmt::fmt>)
target_include_directories(bf_flags SYSTEM INTERFACE
  $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)

if(BF_SANITIZE)
  target_compile_options(bf_flags INTERFACE
    -fsanitize=${BF_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(bf_flags INTERFACE -fsanitize=${BF_SANITIZE})
endif()
if(BF_FUZZ)
  target_compile_options(bf_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(bf_flags INTERFACE -fsanitize=address,undefined)
endif()
if(BF_COVERAGE)
  target_compile_options(bf_flags INTERFACE --coverage -O0)
  target_link_options(bf_flags INTERFACE --coverage)
endif()
if(BF_HARDEN)
  target_compile_definitions(bf_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  target_compile_options(bf_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection)
  # So that what is linked statically leaves out what it does not use: tables of names cost a page
  # fault for each page that has to be relocated.
  target_compile_options(bf_flags INTERFACE -ffunction-sections -fdata-sections)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(bf_flags INTERFACE -fcf-protection=full)
  else()
    target_compile_options(bf_flags INTERFACE -mbranch-protection=standard)
  endif()
  target_link_options(bf_flags INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:BF_STATIC>>,-static-pie,-pie>
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
endif()
