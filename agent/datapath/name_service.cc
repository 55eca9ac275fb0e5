// SPDX-License-Identifier: Apache-2.0
#include "datapath/name_service.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

namespace flowmark {

Result<std::unique_ptr<NameService>> NameService::open(BpfObject &object, bool threaded)
{
	std::unique_ptr<NameService> service(new NameService(object));
	auto learner = NameLearner::open(service->maps_);
	if (!learner)
		return learner.error();
	service->learner_.emplace(std::move(*learner));
	auto ring = PuntRing::open(object.punts_fd(),
				   [&service = *service](std::span<const std::uint8_t> record) {
					   service.learner_->take(record, service.counts_);
				   });
	if (!ring)
		return ring.error();
	service->ring_ = std::move(*ring);
	if (!threaded)
		return service;
	service->stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC));
	if (!service->stop_.valid())
		return errno_error("cannot make an eventfd");
	service->thread_ = std::thread([&service = *service] { service.run(); });
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

void NameService::run()
{
	// Signals are the main thread's.
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, nullptr);
	pollfd watched[] = {{ring_->fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
	while ((watched[1].revents & POLLIN) == 0) {
		if (poll(watched, 2, -1) > 0 && (watched[0].revents & POLLIN) != 0)
			ring_->consume();
	}
}

} // namespace flowmark
