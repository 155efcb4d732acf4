# SPDX-License-Identifier: Apache-2.0
# cmake -DHEADER=… -DOUT=… -DPREFIXES=KEY|BTN -P make_names.cmake
# One line {"KEY_A", KEY_A}, for each name that the kernel header defines.
file(STRINGS "${HEADER}" lines REGEX "^#define[ \t]+(${PREFIXES})_")
set(text "")
foreach(line ${lines})
  string(REGEX MATCH "^#define[ \t]+([A-Z0-9_]+)" ignored "${line}")
  set(name ${CMAKE_MATCH_1})
  # Bounds, not keys.
  if(name MATCHES "_(MAX|CNT|MIN_INTERESTING)$")
    continue()
  endif()
  string(APPEND text "    {\"${name}\", ${name}},\n")
endforeach()
if(text STREQUAL "")
  message(FATAL_ERROR "${HEADER} defines none of ${PREFIXES}")
endif()
file(WRITE "${OUT}" "${text}")
