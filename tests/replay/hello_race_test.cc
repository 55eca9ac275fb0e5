// SPDX-License-Identifier: Apache-2.0
// Two CPUs at one buffer: what one flow says is never the name of another.
#include <pthread.h>
#include <sched.h>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "datapath/flow_memory.h"
#include "datapath/test_run.h"
#include "names/name.h"
#include "replay/conversation.h"

namespace flowmark::test {

namespace {

const char *const kTheirs = "theirs.example";
constexpr std::size_t kFlows = 16;		// of each thread
constexpr std::size_t kTurns = 200'000;		// of the one that must not be named
constexpr std::uint64_t kAgeNs = 3'000'000'000; // that makes a buffer anybody's

// As bpf/hello_buffer.h: a buffer and the one beside it.
std::uint64_t pair_of(std::uint64_t hash)
{
	return (hash * (hash ^ hash >> 32) >> 48 & (FM_HELLO_BUFFERS - 1)) / 2;
}

struct Flow {
	Bytes frame;
	fm_flow_key key;
	std::uint64_t hash;
};

// Segments of as many flows as that, all of which want the same two buffers.
std::vector<Flow> flows_that_meet(NamePath &path, std::uint64_t pair, View said)
{
	std::vector<Flow> flows;
	while (flows.size() < kFlows) {
		Flow flow;
		flow.frame = tcp_frame(path.fresh(), 1000, said);
		path.run({flow.frame, false}, flow.key);
		flow.hash = flow_hash(path.instance().object(), flow.key);
		NameMaps(path.instance().object()).forget(flow.key);
		if (pair_of(flow.hash) == pair)
			flows.push_back(flow);
	}
	return flows;
}

void stay_on(unsigned cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

// As if the cache had forgotten it: is there a hello in this?
void run_anew(BpfObject &object, const Flow &flow, std::vector<std::uint8_t> &out)
{
	__sk_buff context{};
	forget_decision(object, flow.hash);
	ASSERT_TRUE(test_run(object.program_fd(FM_INGRESS), flow.frame, context, out).ok());
}

} // namespace

TEST(HelloRace, a_flow_is_not_called_what_another_says)
{
	NamePath path({kTheirs});
	BpfObject &object = path.instance().object();
	const auto theirs = flows_that_meet(path, 1, hello_of_name(kTheirs));
	const auto ours = flows_that_meet(path, 1, Bytes(64, 0x41));
	std::atomic<bool> over = false;
	std::thread flood([&] {
		std::vector<std::uint8_t> out;
		NameMaps names(object);
		stay_on(0);
		for (std::size_t turn = 0; !over; turn++) {
			names.forget(theirs[turn % kFlows].key); // or it is not read again
			run_anew(object, theirs[turn % kFlows], out);
		}
	});
	stay_on(1);
	std::vector<std::uint8_t> out;
	NameMaps names(object);
	std::size_t named = 0;
	// Until the flood has been read too, however late it gets a CPU.
	const auto read = [&path] { return path.events()[FM_NAME_EVENT_SNI]; };
	for (std::size_t turn = 0; turn < kTurns || read() <= kTurns / 10; turn++) {
		const Flow &flow = ours[turn % kFlows];
		object.replay_ns() = object.replay_ns() + kAgeNs;
		run_anew(object, flow, out);
		if (names.name_of(flow.key)) {
			named++;
			names.forget(flow.key);
		}
	}
	over = true;
	flood.join();
	EXPECT_EQ(named, 0U) << "of " << kTurns;
}

} // namespace flowmark::test
