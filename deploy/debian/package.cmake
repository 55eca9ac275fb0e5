# SPDX-License-Identifier: Apache-2.0
# What is installed where, and the Debian package of it: `tools/package`, or `cpack -G DEB` in a
# build tree. Paths are relative to the root of the file system, as half of them are not below /usr.

# Only the agent is packaged: do not build all tests before.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(FLOWMARK_DEBIAN ${CMAKE_SOURCE_DIR}/deploy/debian)

install(TARGETS flowmark DESTINATION usr/bin)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/flowmark.service DESTINATION lib/systemd/system)
install(FILES ${FLOWMARK_DEBIAN}/flowmark.yaml DESTINATION etc/flowmark)
install(FILES ${FLOWMARK_DEBIAN}/drop-ins.txt DESTINATION etc/flowmark/flowmark.d RENAME README)
install(FILES ${FLOWMARK_DEBIAN}/man/flowmark.8 DESTINATION usr/share/man/man8)
install(FILES ${FLOWMARK_DEBIAN}/man/flowmark.yaml.5 DESTINATION usr/share/man/man5)
install(FILES ${FLOWMARK_DEBIAN}/completions/flowmark.bash
  DESTINATION usr/share/bash-completion/completions RENAME flowmark)
install(FILES ${FLOWMARK_DEBIAN}/completions/_flowmark
  DESTINATION usr/share/zsh/vendor-completions)
install(FILES ${FLOWMARK_DEBIAN}/completions/flowmark.fish
  DESTINATION usr/share/fish/vendor_completions.d)
install(FILES ${FLOWMARK_DEBIAN}/copyright DESTINATION usr/share/doc/flowmark)
install(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md
  DESTINATION usr/share/doc/flowmark RENAME changelog)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/home-office.yaml
  DESTINATION usr/share/doc/flowmark/examples)
install(FILES ${FLOWMARK_DEBIAN}/lintian-overrides
  DESTINATION usr/share/lintian/overrides RENAME flowmark)

# What is said of the package is read when it is packed (cpack.cmake): another version needs no build.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME flowmark)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSES/Apache-2.0.txt)
set(CPACK_PROJECT_CONFIG_FILE ${FLOWMARK_DEBIAN}/cpack.cmake)
set(CPACK_FLOWMARK_SOURCE ${CMAKE_SOURCE_DIR})
set(CPACK_FLOWMARK_VERSION ${PROJECT_VERSION})
include(CPack)
