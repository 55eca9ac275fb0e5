// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowmark {

constexpr const char *kPolicy = "interfaces:\n"
				"  - name: \"*\"\n"
				"classes:\n"
				"  - { name: voice, dscp: EF }\n"
				"  - { name: bulk, dscp: LE }\n"
				"  - { name: default, dscp: keep }\n"
				"rules:\n"
				"  - { class: voice, protocol: udp, port: 5060 }\n"
				"  - { class: bulk, protocol: tcp, port: 873 }\n"
				"default: default\n";

// Line 3 is wrong.
constexpr const char *kBrokenPolicy = "interfaces:\n"
				      "  - name: \"*\"\n"
				      "clases: []\n";

} // namespace flowmark
