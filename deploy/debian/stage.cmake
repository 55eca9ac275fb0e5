# SPDX-License-Identifier: Apache-2.0
# Run by cpack between installing and packing: the changelog of this version, and what Debian wants
# compressed. The time is that of the last commit, so that the same tree makes the same files.
cmake_minimum_required(VERSION 3.25)

function(now result)
  if(DEFINED ENV{SOURCE_DATE_EPOCH})
    set(date_of "date --utc --rfc-email --date=@$ENV{SOURCE_DATE_EPOCH}")
  else()
    set(date_of "git log -1 --format=%aD 2>/dev/null || date --rfc-email")
  endif()
  execute_process(COMMAND sh -c "${date_of}" WORKING_DIRECTORY ${CPACK_FLOWMARK_SOURCE}
    OUTPUT_VARIABLE time OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${time}" PARENT_SCOPE)
endfunction()

set(doc ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/flowmark)
set(man ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man)
set(version ${CPACK_DEBIAN_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
now(time)
file(WRITE ${doc}/changelog.Debian "flowmark (${version}) unstable; urgency=medium

  * Version ${CPACK_DEBIAN_PACKAGE_VERSION}: see changelog.gz for what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${time}
")
file(GLOB pages ${man}/man*/*.[1-9])
execute_process(COMMAND gzip -9 --no-name ${doc}/changelog ${doc}/changelog.Debian ${pages}
  COMMAND_ERROR_IS_FATAL ANY)
