// SPDX-License-Identifier: Apache-2.0
// flowmark-bench-names: how many QUIC Initials one core reads, by Google Benchmark.
// items_per_second are datagrams; the counter `connections` is connections per second.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "names/client_hello.h"
#include "names/initials.h"
#include "names/quic_reader.h"

namespace flowmark::bench {

namespace {

using test::Bytes;

constexpr std::size_t kConnections = 4096;

QuicFlow flow_of(std::size_t connection)
{
	QuicFlow flow;
	flow.source = {0, 0x0a000000 + connection};
	flow.destination = {0, 0xcb007105};
	flow.source_port = 50000;
	flow.destination_port = 443;
	return flow;
}

Bytes destination_of(std::size_t connection)
{
	Bytes destination(8);
	for (std::size_t i = 0; i < 8; i++)
		destination[i] = static_cast<std::uint8_t>(connection >> (8 * i));
	return destination;
}

// Every connection's datagrams, each with keys of its own.
using Load = std::vector<std::vector<Bytes>>;

Load whole_hellos()
{
	const Bytes frames = test::crypto_frame(0, test::make_hello({.behind = 400}));
	Load load;
	for (std::size_t i = 0; i < kConnections; i++)
		load.push_back({test::make_initial({.destination = destination_of(i)}, frames)});
	return load;
}

// As a browser sends it: 1,800 bytes with a post-quantum share, cut into frames that are
// shuffled over two datagrams.
Load browser_hellos()
{
	const Bytes hello = test::make_hello({.before = 1200, .behind = 500});
	std::mt19937 random(1);
	Load load;
	for (std::size_t i = 0; i < kConnections; i++) {
		std::vector<Bytes> frames;
		for (std::size_t at = 0; at < hello.size(); at += 150)
			frames.push_back(
				test::crypto_part(hello, at, std::min(at + 150, hello.size())));
		std::shuffle(frames.begin(), frames.end(), random);
		std::array<Bytes, 2> payloads;
		for (const Bytes &frame : frames) {
			Bytes &to = payloads[payloads[0].size() > 950];
			to.insert(to.end(), frame.begin(), frame.end());
		}
		load.push_back({test::make_initial({.destination = destination_of(i)}, payloads[0]),
				test::make_initial({.destination = destination_of(i), .number = 1},
						   payloads[1])});
	}
	return load;
}

// A flood: well-formed headers before noise.
Load noise()
{
	Load load = whole_hellos();
	std::mt19937 random(1);
	for (auto &datagrams : load)
		for (std::size_t i = 20; i < datagrams[0].size(); i++)
			datagrams[0][i] = static_cast<std::uint8_t>(random());
	return load;
}

// A worse one: what an attacker who can encrypt sends, a place in the table each.
Load half_hellos()
{
	Load load = browser_hellos();
	for (auto &datagrams : load)
		datagrams.resize(1);
	return load;
}

void run(benchmark::State &state, const Load &load, QuicOutcome::Kind last)
{
	auto reader = QuicReader::open();
	if (!reader) {
		state.SkipWithError(reader.error().message.c_str());
		return;
	}
	std::size_t datagrams = 0, connections = 0;
	for (auto _ : state) {
		// Another flow each time round, as new connections are.
		const QuicFlow flow = flow_of(connections);
		const auto &parts = load[connections++ % load.size()];
		QuicOutcome outcome;
		for (const Bytes &part : parts)
			outcome = reader->feed(flow, part, std::chrono::nanoseconds(datagrams++));
		if (outcome.kind != last)
			state.SkipWithError("another outcome than the load is meant to have");
	}
	state.SetItemsProcessed(static_cast<std::int64_t>(datagrams));
	state.counters["connections"] = benchmark::Counter(static_cast<double>(connections),
							   benchmark::Counter::kIsRate);
}

void read_whole_hello(benchmark::State &state)
{
	static const Load load = whole_hellos();
	run(state, load, QuicOutcome::Kind::name);
}

void read_browser_hello(benchmark::State &state)
{
	static const Load load = browser_hellos();
	run(state, load, QuicOutcome::Kind::name);
}

void flood_of_noise(benchmark::State &state)
{
	static const Load load = noise();
	run(state, load, QuicOutcome::Kind::failed);
}

void flood_of_half_hellos(benchmark::State &state)
{
	static const Load load = half_hellos();
	run(state, load, QuicOutcome::Kind::nothing);
}

void parse_client_hello(benchmark::State &state)
{
	const Bytes hello = test::make_hello({.before = 1200, .behind = 500});
	for (auto _ : state)
		benchmark::DoNotOptimize(read_client_hello(hello));
	state.SetItemsProcessed(state.iterations());
}

BENCHMARK(read_whole_hello);
BENCHMARK(read_browser_hello);
BENCHMARK(flood_of_noise);
BENCHMARK(flood_of_half_hellos);
BENCHMARK(parse_client_hello);

} // namespace

} // namespace flowmark::bench

BENCHMARK_MAIN();
