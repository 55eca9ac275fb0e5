// SPDX-License-Identifier: Apache-2.0
#include "datapath/name_service.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "names/name.h"

namespace flowmark {

Result<std::unique_ptr<NameService>> NameService::open(BpfObject &object, bool threaded)
{
	std::unique_ptr<NameService> service(new NameService(object));
	service->use({});
	auto learner = NameLearner::open(service->maps_);
	if (!learner)
		return learner.error();
	service->learner_.emplace(std::move(*learner));
	if (threaded) // traffic as it comes, not a capture
		service->learner_->bound_names();
	auto ring = PuntRing::open(object.punts_fd(),
				   [&service = *service](std::span<const std::uint8_t> record) {
					   service.take(record);
				   });
	if (!ring)
		return ring.error();
	service->ring_ = std::move(*ring);
	if (!threaded)
		return service;
	service->stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC));
	if (!service->stop_.valid())
		return errno_error("cannot make an eventfd");
	auto thread = start_thread("host names", [&service = *service] { service.run(); });
	if (!thread)
		return thread.error();
	service->thread_ = std::move(*thread);
	return service;
}

NameService::~NameService()
{
	if (!thread_.joinable())
		return;
	const std::uint64_t one = 1;
	if (write(stop_.fd(), &one, sizeof(one)) == sizeof(one))
		thread_.join();
	else
		thread_.detach(); // cannot happen: the counter of an eventfd is not full
}

void NameService::take(std::span<const std::uint8_t> record)
{
	if (stop_.valid()) // in the thread, which a flood keeps here
		urgency_.review();
	const std::uint64_t limits = ttl_limits_.load(std::memory_order_relaxed);
	learner_->set_ttl_limits(static_cast<std::uint32_t>(limits),
				 static_cast<std::uint32_t>(limits >> 32));
	learner_->take(record, counts_);
}

void NameService::use(const NameOptions &options)
{
	ttl_limits_.store(std::uint64_t{options.dns_ttl_ceiling} << 32 | options.dns_ttl_floor,
			  std::memory_order_relaxed);
	const std::set<std::uint64_t> before = std::exchange(public_names_, {});
	for (const std::string_view name : options.public_names)
		public_names_.insert(hash_name(name));
	for (const std::uint64_t hash : public_names_)
		maps_.put_public_name(hash);
	for (const std::uint64_t hash : before)
		if (!public_names_.contains(hash))
			maps_.forget_public_name(hash);
}

void NameService::run()
{
	// Signals are the main thread's.
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, nullptr);
	if (!urgency_.review())
		log_info("names from QUIC may wait for a CPU: no real-time priority, not even 1",
			 {{"needs", "LimitRTPRIO=1 or CAP_SYS_NICE"}});
	pollfd watched[] = {{ring_->fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
	while ((watched[1].revents & POLLIN) == 0) {
		if (poll(watched, 2, -1) > 0 && (watched[0].revents & POLLIN) != 0)
			ring_->consume();
	}
}

} // namespace flowmark
