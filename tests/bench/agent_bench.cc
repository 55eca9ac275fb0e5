// SPDX-License-Identifier: Apache-2.0
// flowmark-bench-agent: what takes the agent's time, by Google Benchmark.
#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <stdexcept>

#include <fmt/format.h>

#include "config/loader.h"
#include "metrics/collector.h"
#include "policy/compiler.h"
#include "shapes.h"
#include "unit/agent/fake_engine.h"

namespace flowmark::bench {

namespace {

// A policy file of `rules` rules and a set file of `members` prefixes, until it goes.
class PolicyFiles {
      public:
	PolicyFiles(std::int64_t rules, std::int64_t members)
		: base_(fmt::format("/tmp/flowmark-bench-agent-{}", getpid()))
	{
		std::ofstream set(base_ + ".txt"), policy(path());
		std::mt19937 random(1);
		for (std::int64_t i = 0; i < members; i++)
			set << 32 + random() % 64 << '.' << random() % 256 << '.' << random() % 256
			    << '.' << random() % 256 << '\n';
		policy << "interfaces: [{ name: eth0 }]\nclasses: [{ name: all, dscp: EF }]\n"
		       << "sets: { big: { prefixes_file: " << base_ << ".txt } }\nrules:\n";
		for (std::int64_t i = 1; i < rules; i++)
			policy << "  - { class: all, protocol: udp, server_port: " << 1000 + i
			       << " }\n";
		policy << "  - { class: all, server: \"@big\" }\ndefault: all\n";
	}
	PolicyFiles(const PolicyFiles &) = delete;
	PolicyFiles &operator=(const PolicyFiles &) = delete;
	~PolicyFiles()
	{
		unlink(path().c_str());
		unlink((base_ + ".txt").c_str());
	}

	[[nodiscard]] std::string path() const { return base_ + ".yaml"; }

      private:
	std::string base_;
};

Config config_of(const benchmark::State &state)
{
	PolicyShape shape;
	shape.rules = static_cast<std::size_t>(state.range(0));
	shape.members = static_cast<std::size_t>(state.range(1));
	return make_config(shape);
}

void load_policy(benchmark::State &state)
{
	const PolicyFiles files(state.range(0), state.range(1));
	for (auto _ : state) {
		const LoadResult loaded = load_config(files.path());
		if (!loaded.config)
			state.SkipWithError(loaded.diagnostics.front().format().c_str());
		benchmark::DoNotOptimize(loaded);
	}
}

void compile_policy(benchmark::State &state)
{
	const Config config = config_of(state);
	for (auto _ : state) {
		auto tables = compile(config, {});
		if (!tables)
			state.SkipWithError(tables.error().message.c_str());
		benchmark::DoNotOptimize(tables);
	}
}

// A reload that leaves the prefixes alone.
void compile_same_prefixes(benchmark::State &state)
{
	const Config config = config_of(state);
	auto first = compile(config, {});
	if (!first)
		state.SkipWithError(first.error().message.c_str());
	for (auto _ : state) {
		auto tables = compile(config, *first);
		benchmark::DoNotOptimize(tables);
	}
}

void build_prefix_tables(benchmark::State &state)
{
	PolicyShape shape;
	shape.members = static_cast<std::size_t>(state.range(0));
	shape.family = static_cast<int>(state.range(1));
	const Config config = make_config(shape);
	const PrefixGroup groups[] = {config.sets.front().prefixes};
	for (auto _ : state) {
		auto tables = build_net_tables(groups);
		if (!tables)
			state.SkipWithError(tables.error().message.c_str());
		benchmark::DoNotOptimize(tables);
	}
}

// As many series as 8 interfaces and `classes` classes make.
void render_metrics(benchmark::State &state)
{
	FakeEngine engine;
	for (int interface = 0; interface < 8; interface++)
		for (std::int64_t cls = 0; cls < state.range(0); cls++) {
			ClassCount count;
			count.interface = fmt::format("eth{}", interface);
			count.name = fmt::format("class{}", cls);
			engine.counts_.push_back(count);
		}
	const Reloader reloader(engine, "/nonexistent");
	const Collector collector(engine, reloader);
	const prometheus::TextSerializer serializer;
	for (auto _ : state)
		benchmark::DoNotOptimize(serializer.Serialize(collector.Collect()));
}

BENCHMARK(load_policy)->Args({64, 10})->Args({1000, 10})->Args({1000, 1000000});
BENCHMARK(compile_policy)->Args({64, 10})->Args({1000, 10})->Args({1000, 1000000});
BENCHMARK(compile_same_prefixes)->Args({1000, 1000000});
BENCHMARK(build_prefix_tables)->Args({100000, 4})->Args({100000, 6})->Args({1000000, 4});
BENCHMARK(render_metrics)->Arg(8)->Arg(64);

} // namespace

} // namespace flowmark::bench

BENCHMARK_MAIN();
