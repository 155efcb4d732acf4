# SPDX-License-Identifier: Apache-2.0
# bf_library, bf_tool and bf_test: the three kinds of target there are.
#
#   bf_library(bf_core_error SOURCES error.cc [DEPS other_lib] [PRIVATE_DEPS PkgConfig::x])
#   bf_tool(bf-overlay SOURCES main.cc DEPS bf_overlays)          STATIC: as shipped it is one file
#   bf_test(core_policy_test LABELS unit SOURCES policy_test.cc DEPS bf_core)

# What nearly every file includes, parsed once.
add_library(bf_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cc)
target_link_libraries(bf_pch PRIVATE bf_flags)
target_precompile_headers(bf_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)

function(bf_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC bf_flags ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  target_precompile_headers(${name} REUSE_FROM bf_pch)
endfunction()

# The functions of libfmt that are not in its headers, for what is linked statically.
add_library(bf_fmt_static STATIC ${CMAKE_SOURCE_DIR}/cmake/fmt_static.cc)
target_include_directories(bf_fmt_static SYSTEM PRIVATE
  $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
target_compile_options(bf_fmt_static PRIVATE -fPIE)
# Nothing of ours formats by a locale, and the ones of C++ are a fifth of what would be linked.
target_compile_definitions(bf_fmt_static PRIVATE FMT_STATIC_THOUSANDS_SEPARATOR=0)

function(bf_tool name)
  cmake_parse_arguments(ARG "STATIC" "DESTINATION;COMPONENT" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  # A sanitizer needs its shared libraries; what is shipped has none.
  if(ARG_STATIC AND BF_HARDEN)
    set_target_properties(${name} PROPERTIES BF_STATIC ON)
    # What is not called is not there, and what has to be relocated takes less room.
    target_link_options(${name} PRIVATE -Wl,--gc-sections -Wl,-z,pack-relative-relocs)
  endif()
  target_link_libraries(${name} PRIVATE bf_flags ${ARG_DEPS})
  if(NOT ARG_DESTINATION)
    set(ARG_DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
  if(NOT ARG_COMPONENT)
    set(ARG_COMPONENT device)
  endif()
  install(TARGETS ${name} RUNTIME DESTINATION ${ARG_DESTINATION} COMPONENT ${ARG_COMPONENT})
endfunction()

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  add_library(bf_test_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cc)
  target_link_libraries(bf_test_pch PRIVATE bf_flags GTest::gmock)
  target_precompile_headers(bf_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.h)
endif()

function(bf_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE bf_flags ${ARG_DEPS} GTest::gmock GTest::gmock_main)
  target_precompile_headers(${name} REUSE_FROM bf_test_pch)
  if(BF_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # What the sanitizers make of std::regex looks like that to g++ 12.
    target_compile_options(${name} PRIVATE -Wno-maybe-uninitialized)
  endif()
  target_compile_definitions(${name} PRIVATE
    BF_SOURCE_DIR="${CMAKE_SOURCE_DIR}" BF_BINARY_DIR="${CMAKE_BINARY_DIR}"
    BF_TEST_DIR="${CMAKE_CURRENT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
