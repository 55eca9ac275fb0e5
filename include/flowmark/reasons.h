/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Why a packet passed without a class: X(name, label, help). The list feeds the
 * enum of the packet path, the `reason` label of the metrics and their help.
 * Append only: a pinned counter belongs to its number. */
#ifndef FLOWMARK_REASONS_H
#define FLOWMARK_REASONS_H

#define FM_REASONS(X)                                                            \
	X(NOT_IP, "not_ip", "neither IPv4 nor IPv6 (ARP, LLDP, PPPoE control)")  \
	X(TRUNCATED, "truncated", "a header is cut short")                       \
	X(MALFORMED, "malformed", "a header contradicts itself")                 \
	X(VLAN_DEPTH, "vlan_depth", "more than two VLAN tags")                   \
	X(EXT_HEADERS, "ext_headers", "more than six IPv6 extension headers")    \
	X(FRAGMENT, "fragment", "a later fragment whose first one was not seen") \
	X(NO_TABLE, "no_table", "a table of the policy was missing")

enum fm_reason {
#define FM_ENUM(name, label, help) FM_REASON_##name,
	FM_REASONS(FM_ENUM) FM_REASON_COUNT
};
#undef FM_ENUM

#endif
