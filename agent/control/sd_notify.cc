// SPDX-License-Identifier: Apache-2.0
#include "control/sd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include <fmt/format.h>

#include "base/log.h"
#include "base/unique_fd.h"
#include "config/scalars.h"
#include "config/text.h"

namespace flowmark {

namespace {

// systemd matches it with the time of the job that asked for the reload.
std::uint64_t monotonic_microseconds()
{
	timespec now{};
	::clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
	       static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

void send_to(std::string_view path, const std::string &state)
{
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	if (path.size() >= sizeof(address.sun_path)) {
		log_warning("NOTIFY_SOCKET is too long", {{"path", path}});
		return;
	}
	path.copy(address.sun_path, path.size());
	if (path.front() == '@')
		address.sun_path[0] = '\0'; // the abstract namespace
	const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
	const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (::sendto(fd.fd(), state.data(), state.size(), MSG_NOSIGNAL,
		     reinterpret_cast<const sockaddr *>(&address), length) < 0)
		log_warning("cannot notify systemd", {{"path", path}, {"errno", errno}});
}

// "" where it is not set.
std::string environment(const char *name)
{
	const char *value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
	return value == nullptr ? "" : value;
}

void notify(const std::string &state)
{
	if (const std::string path = environment("NOTIFY_SOCKET"); !path.empty())
		send_to(path, state);
}

} // namespace

void notify_ready(const std::string &status)
{
	notify(fmt::format("READY=1\nSTATUS={}\n", printable(status)));
}

void notify_reloading()
{
	notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_microseconds()));
}

void notify_stopping()
{
	notify("STOPPING=1\n");
}

void notify_alive()
{
	notify("WATCHDOG=1\n");
}

std::chrono::microseconds watchdog_interval()
{
	// A process that inherited the variables is not the one that is watched.
	const std::string pid = environment("WATCHDOG_PID");
	if (!pid.empty() && pid != fmt::to_string(::getpid()))
		return {};
	const auto limit = parse_number(environment("WATCHDOG_USEC"), UINT32_MAX);
	return std::chrono::microseconds(limit.value_or(0) / 3);
}

} // namespace flowmark
