# SPDX-License-Identifier: Apache-2.0
# Read by cpack before it packs: what dpkg is told of the package. The version is that of the moment,
# from `cpack -D FLOWMARK_DEB_VERSION=...` or from git.
set(debian ${CPACK_FLOWMARK_SOURCE}/deploy/debian)
if(NOT FLOWMARK_DEB_VERSION)
  execute_process(
    COMMAND ${debian}/version ${CPACK_FLOWMARK_VERSION}
    OUTPUT_VARIABLE FLOWMARK_DEB_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
endif()
# Upstream's part and Debian's revision: cpack puts them together again.
if(NOT FLOWMARK_DEB_VERSION MATCHES "^([0-9][0-9A-Za-z.+~]*)-([0-9A-Za-z.+~]+)$")
  message(FATAL_ERROR "found the version '${FLOWMARK_DEB_VERSION}', expected VERSION-REVISION")
endif()
set(CPACK_PACKAGE_VERSION ${CMAKE_MATCH_1})
set(CPACK_DEBIAN_PACKAGE_VERSION ${CMAKE_MATCH_1})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${CMAKE_MATCH_2})

set(CPACK_PACKAGE_CONTACT "The Flowmark authors <maintainers@flowmark.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "traffic classifier and DSCP marker for edge hosts")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Flowmark keeps calls, video and games good on a congested link. On a home or
office router, a gateway or a cloud host, eBPF programs put every flow into a
class by protocol, port, prefix, DSCP, interface, VLAN or host name (TLS,
QUIC, DNS), write the DSCP of the class into its packets, and count each class.

An agent compiles a YAML policy, attaches the programs, swaps policies without
a gap and exports everything to Prometheus. Linux 5.10 or newer is needed.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS prometheus)

set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${debian}/stage.cmake)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/maintainer/conffiles
  ${debian}/maintainer/postinst ${debian}/maintainer/prerm ${debian}/maintainer/postrm)
