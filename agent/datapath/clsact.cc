// SPDX-License-Identifier: Apache-2.0
#include "datapath/clsact.h"

#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cerrno>
#include <memory>

namespace flowmark {

namespace {

constexpr unsigned kPriority = 3;
constexpr unsigned kHandle = 0xf1;

bpf_tc_hook describe(int ifindex, int point)
{
	bpf_tc_hook hook{};
	hook.sz = sizeof(hook);
	hook.ifindex = ifindex;
	hook.attach_point = static_cast<bpf_tc_attach_point>(point);
	return hook;
}

bpf_tc_hook describe(int ifindex, fm_direction direction)
{
	return describe(ifindex, direction == FM_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS);
}

bpf_tc_opts describe_filter()
{
	bpf_tc_opts options{};
	options.sz = sizeof(options);
	options.handle = kHandle;
	options.priority = kPriority;
	return options;
}

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

// In either direction. True also when the kernel could not be asked: the qdisc is
// then left alone.
bool has_any_filter(int ifindex)
{
	const Socket socket(mnl_socket_open(NETLINK_ROUTE));
	if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
		return true;
	return any_filter(socket.get(), ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	       any_filter(socket.get(), ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
}

} // namespace

Result<bool> make_clsact(int ifindex)
{
	bpf_tc_hook hook = describe(ifindex, FM_INGRESS);
	const int created = bpf_tc_hook_create(&hook);
	if (created != 0 && created != -EEXIST)
		return errno_error("cannot add the clsact qdisc", created);
	return created == 0;
}

Result<void> put_filter(int ifindex, fm_direction direction, int program_fd)
{
	const bpf_tc_hook hook = describe(ifindex, direction);
	bpf_tc_opts options = describe_filter();
	options.prog_fd = program_fd;
	options.flags = BPF_TC_F_REPLACE;
	if (const int status = bpf_tc_attach(&hook, &options); status != 0)
		return errno_error("cannot add the clsact filter", status);
	return {};
}

bool has_filter(int ifindex, fm_direction direction)
{
	const bpf_tc_hook hook = describe(ifindex, direction);
	bpf_tc_opts options = describe_filter();
	return bpf_tc_query(&hook, &options) == 0;
}

bool remove_filter(int ifindex, fm_direction direction)
{
	const bpf_tc_hook hook = describe(ifindex, direction);
	const bpf_tc_opts options = describe_filter();
	return bpf_tc_detach(&hook, &options) == 0;
}

bool remove_clsact_if_empty(int ifindex)
{
	if (has_any_filter(ifindex))
		return false;
	bpf_tc_hook hook = describe(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	return bpf_tc_hook_destroy(&hook) == 0;
}

} // namespace flowmark
