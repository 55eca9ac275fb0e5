/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Every condition that a rule can set: X(name, ends, help).
 *
 * name   the key in the policy file; bpf/conditions/<name>.h, agent/policy/
 *        conditions/<name>.cc and tests/bpf/conditions/<name>_test.cc carry it.
 *        A row here without one of those files does not build.
 * ends   ONE     the packet has one value for it
 *        EITHER  both ends have one, and it holds if one of them does
 * help   one sentence for manuals and error messages
 */
#ifndef FLOWMARK_CONDITIONS_H
#define FLOWMARK_CONDITIONS_H

#define FM_CONDITIONS(X)                                                         \
	X(protocol, ONE, "the IP protocol, by name or number")                   \
	X(port, EITHER, "the port of either end")                                \
	X(client_port, ONE, "the initiator's port")                              \
	X(server_port, ONE, "the responder's port")                              \
	X(address, EITHER, "the address of either end")                          \
	X(client, ONE, "the initiator's address")                                \
	X(server, ONE, "the responder's address")                                \
	X(dscp, ONE, "the mark that the initiator's packets arrive with")        \
	X(interface, ONE, "the interface that the packet passes, exact or glob") \
	X(vlan, ONE, "the outer VLAN id")                                        \
	X(host, ONE, "the name of the server: TLS, QUIC or DNS says it")

enum fm_condition {
#define FM_ENUM(name, ends, help) FM_COND_##name,
	FM_CONDITIONS(FM_ENUM) FM_COND_COUNT
};
#undef FM_ENUM

#endif
