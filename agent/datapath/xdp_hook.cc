// SPDX-License-Identifier: Apache-2.0
#include "datapath/xdp_hook.h"

#include <bpf/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "datapath/pin_folder.h"

namespace flowmark {

namespace {

// The driver's name, "" if it cannot be told.
std::string driver_of(int ifindex)
{
	const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ethtool_drvinfo info{};
	ifreq request{};
	info.cmd = ETHTOOL_GDRVINFO;
	request.ifr_data = reinterpret_cast<char *>(&info);
	if (!socket.valid() ||
	    if_indextoname(static_cast<unsigned>(ifindex), request.ifr_name) == nullptr ||
	    ioctl(socket.fd(), SIOCETHTOOL, &request) != 0)
		return "";
	return info.driver;
}

Result<UniqueFd> attach_in(int program_fd, int ifindex, unsigned mode)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, options);
	options.flags = mode;
	const int fd = bpf_link_create(program_fd, ifindex, BPF_XDP, &options);
	if (fd < 0)
		return errno_error(fd == -EBUSY ? "another XDP program is attached"
						: "the driver or the kernel refuses XDP",
				   fd);
	return UniqueFd(fd);
}

// Jumbo frames are refused to the program for single buffers.
Result<UniqueFd> attach_any(const XdpPrograms &programs, int ifindex, unsigned mode)
{
	auto link = attach_in(programs.plain, ifindex, mode);
	if (link || programs.frags < 0)
		return link;
	auto with_frags = attach_in(programs.frags, ifindex, mode);
	return with_frags ? std::move(with_frags) : std::move(link);
}

// A link whose interface has gone has index 0.
Result<bool> is_link_of(int fd, int ifindex)
{
	bpf_link_info info{};
	std::uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		return errno_error("cannot look at an XDP link");
	return info.type == BPF_LINK_TYPE_XDP &&
	       info.xdp.ifindex == static_cast<std::uint32_t>(ifindex);
}

// Interfaces of other network namespaces have the same indices.
bool is_in_force(int fd, int ifindex)
{
	bpf_link_info info{};
	std::uint32_t length = sizeof(info), attached = 0;
	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
	       bpf_xdp_query_id(ifindex, 0, &attached) == 0 && attached == info.prog_id;
}

XdpMode mode_of(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	const bool generic = bpf_xdp_query(ifindex, 0, &query) == 0 &&
			     query.attach_mode == XDP_ATTACHED_SKB;
	return generic ? XdpMode::generic : XdpMode::native;
}

} // namespace

Result<std::unique_ptr<XdpHook>> XdpHook::attach(const XdpPrograms &programs, int ifindex,
						 XdpMode wanted, const std::string &pins)
{
	// The peer of a veth stops merging segments for a native program.
	if (wanted == XdpMode::automatic && driver_of(ifindex) == "veth")
		return Error{"on a veth, XDP cuts bulk TCP to a third; say native to insist"};
	const bool generic = wanted == XdpMode::generic;
	auto link = attach_any(programs, ifindex,
			       generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	if (!link)
		return link.error();
	std::unique_ptr<XdpHook> hook(new XdpHook(std::move(*link),
						  pins.empty() ? "" : xdp_pin(pins, ifindex),
						  generic ? XdpMode::generic : XdpMode::native));
	if (auto pinned = hook->pin(); !pinned)
		return pinned.error();
	return hook;
}

Result<std::unique_ptr<XdpHook>> XdpHook::find(int ifindex, const std::string &pins)
{
	std::string pin = xdp_pin(pins, ifindex);
	UniqueFd link(bpf_obj_get(pin.c_str()));
	if (!link.valid() && errno != ENOENT)
		return errno_error("cannot open " + pin);
	if (!link.valid())
		return std::unique_ptr<XdpHook>();
	const auto ours = is_link_of(link.fd(), ifindex);
	if (!ours)
		return ours.error();
	if (*ours)
		return std::unique_ptr<XdpHook>(
			new XdpHook(std::move(link), std::move(pin), mode_of(ifindex)));
	::unlink(pin.c_str());
	return std::unique_ptr<XdpHook>();
}

std::unique_ptr<XdpHook> XdpHook::adopt(int ifindex, const std::string &theirs,
					const std::string &pins)
{
	const std::string pin = xdp_pin(theirs, ifindex);
	const UniqueFd link(bpf_obj_get(pin.c_str()));
	if (!link.valid())
		return nullptr;
	const auto theirs_is_here = is_link_of(link.fd(), ifindex);
	if (!theirs_is_here || !*theirs_is_here || !is_in_force(link.fd(), ifindex) ||
	    std::rename(pin.c_str(), xdp_pin(pins, ifindex).c_str()) != 0)
		return nullptr;
	auto adopted = find(ifindex, pins);
	return adopted ? std::move(*adopted) : nullptr;
}

Result<void> XdpHook::pin()
{
	if (pin_.empty())
		return {};
	::unlink(pin_.c_str()); // of an interface that had the same index
	if (bpf_obj_pin(link_.fd(), pin_.c_str()) != 0)
		return errno_error("cannot pin " + pin_);
	return {};
}

Result<void> XdpHook::update(const XdpPrograms &programs)
{
	if (bpf_link_update(link_.fd(), programs.plain, nullptr) == 0 ||
	    (programs.frags >= 0 && bpf_link_update(link_.fd(), programs.frags, nullptr) == 0))
		return {};
	return errno_error("cannot switch the program of an XDP link");
}

void XdpHook::detach()
{
	bpf_link_detach(link_.fd()); // fails where the interface has gone
	if (!pin_.empty())
		::unlink(pin_.c_str());
}

} // namespace flowmark
