# SPDX-License-Identifier: Apache-2.0
# The Debian packages: betterframe-device (what runs on the device) and betterframe-factory (what
# lays out its image). `cpack -G DEB` in a release build makes both. Included last, so that
# everything that is to be installed is known by now.

find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)  # tomllib; reads the policies below

# What follows from the installed units and policies, worked out when they are in place: each unit
# is wanted by what its own [Install] section says, and each path that a policy mounts on exists.
set(bf_finish_install ${CMAKE_SOURCE_DIR}/cmake/finish_install.py)
install(CODE "
  execute_process(
    COMMAND \"${Python3_EXECUTABLE}\" \"${bf_finish_install}\"
            \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\" \"${CMAKE_SOURCE_DIR}/policies\"
    COMMAND_ERROR_IS_FATAL ANY)
" COMPONENT device)

foreach(component device factory)
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/debian/copyright
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/betterframe-${component} COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME betterframe)
set(CPACK_PACKAGE_VENDOR BetterFrame)
set(CPACK_PACKAGE_CONTACT "BetterFrame Device maintainers <device@betterframe.invalid>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
get_cmake_property(CPACK_COMPONENTS_ALL COMPONENTS)
list(FILTER CPACK_COMPONENTS_ALL INCLUDE REGEX "^(device|factory)$")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

set(CPACK_DEBIAN_DEVICE_PACKAGE_NAME betterframe-device)
set(CPACK_COMPONENT_DEVICE_DESCRIPTION
"BetterFrame Device: storage, state and read-only root
 Formats, grows, checks and mounts the data partition, binds persistent state
 onto a read-only root, and proves that nothing else is writable.")
# mkfs, fsck and resize are e2fsprogs' own; the machine id is fixed in the initramfs.
set(CPACK_DEBIAN_DEVICE_PACKAGE_DEPENDS "e2fsprogs, initramfs-tools, rauc, rauc-service, systemd")
set(CPACK_DEBIAN_DEVICE_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/cmake/debian/postinst ${CMAKE_SOURCE_DIR}/cmake/debian/triggers)

set(CPACK_DEBIAN_FACTORY_PACKAGE_NAME betterframe-factory)
set(CPACK_COMPONENT_FACTORY_DESCRIPTION
"BetterFrame Device: factory images
 Lays out a disk image for the factory from a boot and a root artifact.")

include(CPack)
