// SPDX-License-Identifier: Apache-2.0
#include "replay/name_source.h"

namespace flowmark {

const char *evidence_label(fm_evidence evidence)
{
	switch (evidence) {
	case FM_EVIDENCE_SNI:
		return "sni";
	case FM_EVIDENCE_QUIC:
		return "quic";
	case FM_EVIDENCE_DNS:
		return "dns";
	case FM_EVIDENCE_OUTER_SNI:
		return "outer-sni";
	case FM_EVIDENCE_NONE:
	case FM_EVIDENCE_COUNT:
		break;
	}
	return "none";
}

} // namespace flowmark
