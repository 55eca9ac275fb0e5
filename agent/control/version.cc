// SPDX-License-Identifier: Apache-2.0
#include "control/version.h"

namespace flowmark {

const char *version()
{
	return FLOWMARK_VERSION;
}

const char *revision()
{
	return FLOWMARK_REVISION;
}

} // namespace flowmark
