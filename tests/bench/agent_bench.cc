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

// What the members of a set are, and what a rule calls them.
struct Members {
	const char *file_key;
	const char *condition;
	std::string (*make)(std::mt19937 &random);
};

constexpr Members kPrefixes{"prefixes_file", "server", [](std::mt19937 &random) {
				    return fmt::format("{}.{}.{}.{}", 32 + random() % 64,
						       random() % 256, random() % 256,
						       random() % 256);
			    }};
// Of every eight one stands for the names below it.
constexpr Members kNames{"hosts_file", "host", [](std::mt19937 &random) {
				 return fmt::format("{}{:x}.cdn{}.example",
						    random() % 8 == 0 ? "*." : "", random(),
						    random() % 1000);
			 }};

// A policy file of `rules` rules and a set file of `count` members, until it goes.
class PolicyFiles {
      public:
	PolicyFiles(std::int64_t rules, std::int64_t count, const Members &members)
		: base_(fmt::format("/tmp/flowmark-bench-agent-{}", getpid()))
	{
		std::ofstream set(base_ + ".txt"), policy(path());
		std::mt19937 random(1);
		for (std::int64_t i = 0; i < count; i++)
			set << members.make(random) << '\n';
		policy << "interfaces: [{ name: eth0 }]\nclasses: [{ name: all, dscp: EF }]\n"
		       << "sets: { big: { " << members.file_key << ": " << base_
		       << ".txt } }\nrules:\n";
		for (std::int64_t i = 1; i < rules; i++)
			policy << "  - { class: all, protocol: udp, server_port: " << 1000 + i
			       << " }\n";
		policy << "  - { class: all, " << members.condition
		       << ": \"@big\" }\ndefault: all\n";
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

void load_members(benchmark::State &state, const Members &members)
{
	const PolicyFiles files(state.range(0), state.range(1), members);
	for (auto _ : state) {
		const LoadResult loaded = load_config(files.path());
		if (!loaded.config)
			state.SkipWithError(loaded.diagnostics.front().format().c_str());
		benchmark::DoNotOptimize(loaded);
	}
}

void load_policy(benchmark::State &state)
{
	load_members(state, kPrefixes);
}

void load_policy_names(benchmark::State &state)
{
	load_members(state, kNames);
}

void compile_names(benchmark::State &state, bool carry_over)
{
	const PolicyFiles files(state.range(0), state.range(1), kNames);
	const LoadResult loaded = load_config(files.path());
	if (!loaded.config) {
		state.SkipWithError(loaded.diagnostics.front().format().c_str());
		return;
	}
	auto first = compile(*loaded.config, {});
	for (auto _ : state) {
		auto tables = compile(*loaded.config,
				      carry_over ? SharedTables(*first) : SharedTables{});
		if (!tables)
			state.SkipWithError(tables.error().message.c_str());
		benchmark::DoNotOptimize(tables);
	}
}

void compile_policy_names(benchmark::State &state)
{
	compile_names(state, false);
}

// A reload that leaves the names alone.
void compile_same_names(benchmark::State &state)
{
	compile_names(state, true);
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
BENCHMARK(load_policy_names)->Args({1000, 10})->Args({1000, 1000000});
BENCHMARK(compile_policy_names)->Args({1000, 10})->Args({1000, 1000000});
BENCHMARK(compile_same_names)->Args({1000, 1000000});
BENCHMARK(compile_policy)->Args({64, 10})->Args({1000, 10})->Args({1000, 1000000});
BENCHMARK(compile_same_prefixes)->Args({1000, 1000000});
BENCHMARK(build_prefix_tables)->Args({100000, 4})->Args({100000, 6})->Args({1000000, 4});
BENCHMARK(render_metrics)->Arg(8)->Arg(64);

} // namespace

} // namespace flowmark::bench

BENCHMARK_MAIN();
