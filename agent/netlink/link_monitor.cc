// SPDX-License-Identifier: Apache-2.0
#include "netlink/link_monitor.h"

#include <linux/rtnetlink.h>

#include <cerrno>
#include <chrono>

#include "base/log.h"

namespace flowmark {

namespace {

// A link message with all its attributes is 1 to 2 KiB; a dump packs many.
constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

// Datagrams per wake-up: a storm of notifications must not starve the loop.
constexpr int kDatagramsPerTurn = 64;

constexpr std::chrono::milliseconds kRetry{500};

} // namespace

LinkMonitor::LinkMonitor(Socket socket, LinkEvents events, std::function<void()> synced)
	: socket_(std::move(socket)), table_(std::move(events)), synced_(std::move(synced)),
	  buffer_(kBufferBytes)
{}

Result<std::unique_ptr<LinkMonitor>> LinkMonitor::open(EventLoop &loop, LinkEvents events,
						       std::function<void()> synced)
{
	Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK));
	if (!socket)
		return errno_error("cannot open a route netlink socket");
	if (mnl_socket_bind(socket.get(), RTMGRP_LINK, MNL_SOCKET_AUTOPID) != 0)
		return errno_error("cannot subscribe to interface events");
	std::unique_ptr<LinkMonitor> monitor(
		new LinkMonitor(std::move(socket), std::move(events), std::move(synced)));
	auto watch = loop.watch(mnl_socket_get_fd(monitor->socket_.get()), EPOLLIN,
				[raw = monitor.get()](std::uint32_t) { raw->receive(); });
	if (!watch)
		return watch.error();
	monitor->watch_ = std::move(*watch);
	auto retry = Timer::open(loop, [raw = monitor.get()] { raw->dump_if_wanted(); });
	if (!retry)
		return retry.error();
	monitor->retry_.emplace(std::move(*retry));
	if (auto asked = monitor->request_dump(); !asked)
		return asked.error();
	return monitor;
}

Result<void> LinkMonitor::request_dump()
{
	struct {
		nlmsghdr header;
		ifinfomsg info;
	} request{};
	request.header.nlmsg_len = sizeof(request);
	request.header.nlmsg_type = RTM_GETLINK;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.header.nlmsg_seq = ++sequence_;
	if (mnl_socket_sendto(socket_.get(), &request, sizeof(request)) < 0)
		return errno_error("cannot ask for the interfaces");
	table_.begin_dump();
	dumping_ = true;
	dump_wanted_ = false;
	return {};
}

// Only when everything that was queued has been read: until then the kernel goes
// on dropping notifications without a word, and an old one read after the request
// would pass for news. The kernel refuses a second dump while one runs (EBUSY).
void LinkMonitor::dump_if_wanted()
{
	if (!dump_wanted_ || dumping_)
		return;
	if (auto asked = request_dump(); !asked) {
		log_error(asked.error().message);
		return dump_later();
	}
	retry_->stop();
}

// The kernel had no memory, perhaps. Nothing else would wake us up for another attempt.
void LinkMonitor::dump_later()
{
	dump_wanted_ = true;
	retry_->start(kRetry);
}

void LinkMonitor::receive()
{
	// When a dump is wanted, to the end: it is asked for there.
	for (int turn = 0; turn < kDatagramsPerTurn || dump_wanted_; ++turn)
		if (!receive_one())
			return;
}

// False when there is nothing more to read.
bool LinkMonitor::receive_one()
{
	const ssize_t n = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
	if (n < 0)
		return receive_failed(errno);
	int left = static_cast<int>(n);
	const auto *message = reinterpret_cast<const nlmsghdr *>(buffer_.data());
	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
		take(*message);
	return true;
}

bool LinkMonitor::receive_failed(int error)
{
	if (error == EINTR)
		return true;
	if (error == EAGAIN) {
		dump_if_wanted();
		return false;
	}
	// ENOBUFS: notifications were dropped. ENOSPC: one did not fit the buffer.
	const bool is_known = error == ENOBUFS || error == ENOSPC;
	log_warning("interface events were lost, the interfaces will be listed again",
		    {{"errno", error}});
	dump_wanted_ = true;
	return is_known;
}

bool LinkMonitor::is_from_dump(const nlmsghdr &message) const
{
	return (message.nlmsg_flags & NLM_F_MULTI) != 0 && message.nlmsg_seq == sequence_ &&
	       message.nlmsg_pid == mnl_socket_get_portid(socket_.get());
}

void LinkMonitor::take(const nlmsghdr &message)
{
	if ((message.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		dump_wanted_ = true;
	if (message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR)
		end_of_dump(message);
	else if (const auto heard = parse_link_message(message))
		table_.heard(*heard, is_from_dump(message));
}

void LinkMonitor::end_of_dump(const nlmsghdr &message)
{
	dumping_ = false;
	if (message.nlmsg_type == NLMSG_ERROR) {
		log_error("the kernel refused to list the interfaces");
		return dump_later();
	}
	if (dump_wanted_)
		return;
	table_.end_dump();
	synced_();
}

} // namespace flowmark
