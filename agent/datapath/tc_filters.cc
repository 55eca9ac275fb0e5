// SPDX-License-Identifier: Apache-2.0
#include "datapath/tc_filters.h"

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <array>
#include <memory>

namespace flowmark {

namespace {

struct SocketCloser {
	void operator()(mnl_socket *socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, SocketCloser>;

int count_filter(const nlmsghdr *header, void *found)
{
	if (header->nlmsg_type == RTM_NEWTFILTER)
		*static_cast<bool *>(found) = true;
	return MNL_CB_OK;
}

bool send_request(mnl_socket *socket, int ifindex, unsigned parent)
{
	std::array<char, 256> buffer{};
	nlmsghdr *header = mnl_nlmsg_put_header(buffer.data());
	header->nlmsg_type = RTM_GETTFILTER;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->nlmsg_seq = 1;
	auto *message = static_cast<tcmsg *>(mnl_nlmsg_put_extra_header(header, sizeof(tcmsg)));
	message->tcm_family = AF_UNSPEC;
	message->tcm_ifindex = ifindex;
	message->tcm_parent = parent;
	return mnl_socket_sendto(socket, header, header->nlmsg_len) >= 0;
}

bool any_filter(mnl_socket *socket, int ifindex, unsigned parent)
{
	std::array<char, 32768> buffer{};
	bool found = false;
	if (!send_request(socket, ifindex, parent))
		return true;
	int status = MNL_CB_OK;
	while (status > MNL_CB_STOP) {
		const ssize_t length = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
		if (length < 0)
			return true;
		status = mnl_cb_run(buffer.data(), static_cast<size_t>(length), 1,
				    mnl_socket_get_portid(socket), count_filter, &found);
	}
	return found || status < 0;
}

} // namespace

bool has_tc_filters(int ifindex)
{
	const Socket socket(mnl_socket_open(NETLINK_ROUTE));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		return true;
	return any_filter(socket.get(), ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	       any_filter(socket.get(), ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
}

} // namespace flowmark
