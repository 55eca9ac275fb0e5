// SPDX-License-Identifier: Apache-2.0
// What this kernel's verifier says of each program of an object: how many instructions it
// went through, or why it refused. tools/kernel-matrix runs it in each kernel.
//
//   verifier_cost [--log PROGRAM] OBJECT
//
// A line of JSON on stdout: {"NAME": {"instructions": N}, "OTHER": {"refused": "the log's
// end"}, "ANOTHER": {"left_out": true}}. --log prints the whole log of one program instead.
// Status 1 when a program was refused.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "datapath/kernel_features.h"

namespace {

constexpr int kStatistics = 4, kEverything = 1; // log levels
constexpr std::size_t kLog = 16U << 20;
constexpr std::size_t kShown = 1500;

struct Close {
	void operator()(bpf_object *object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, Close>;

struct Verdict {
	bool loaded = false;
	std::string log;
};

bool is_wanted(const bpf_program *program)
{
	return std::string_view(bpf_program__section_name(program)) != "xdp.frags" ||
	       flowmark::kernel_features().xdp_frags;
}

// Loads that program alone.
Verdict verify(const char *path, std::string_view name, int level)
{
	const Object object(bpf_object__open_file(path, nullptr));
	if (!object)
		return {false, "cannot open the object"};
	std::vector<char> log(kLog);
	bpf_program *program = nullptr;
	bpf_object__for_each_program(program, object.get())
	{
		const bool is_this = name == bpf_program__name(program);
		bpf_program__set_autoload(program, is_this);
		if (is_this) {
			bpf_program__set_log_buf(program, log.data(), log.size());
			bpf_program__set_log_level(program, static_cast<__u32>(level));
		}
	}
	const bool loaded = bpf_object__load(object.get()) == 0;
	return {loaded, log.data()};
}

// "processed N insns ..." stands near the log's end.
long instructions(const std::string &log)
{
	const std::size_t at = log.rfind("processed ");
	return at == std::string::npos ? -1 : std::strtol(log.c_str() + at + 10, nullptr, 10);
}

std::string end_of(const std::string &log)
{
	return log.size() <= kShown ? log : log.substr(log.size() - kShown);
}

nlohmann::json verdict_of(const char *path, const bpf_program *program)
{
	if (!is_wanted(program))
		return {{"left_out", true}};
	const char *name = bpf_program__name(program);
	const Verdict verdict = verify(path, name, kStatistics);
	if (!verdict.loaded)
		return {{"refused", end_of(verify(path, name, kEverything).log)}};
	return {{"instructions", instructions(verdict.log)}};
}

int print_log(const char *path, const char *name)
{
	const Verdict verdict = verify(path, name, kEverything);
	std::fputs(verdict.log.c_str(), stdout);
	return verdict.loaded ? 0 : 1;
}

int print_all(const char *path)
{
	const Object object(bpf_object__open_file(path, nullptr));
	if (!object) {
		std::fprintf(stderr, "verifier_cost: cannot open %s\n", path);
		return 2;
	}
	nlohmann::json all = nlohmann::json::object();
	bool refused = false;
	bpf_program *program = nullptr;
	bpf_object__for_each_program(program, object.get())
	{
		all[bpf_program__name(program)] = verdict_of(path, program);
		refused = refused || all[bpf_program__name(program)].contains("refused");
	}
	std::puts(all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
	return refused ? 1 : 0;
}

} // namespace

int main(int argc, char **argv)
{
	libbpf_set_print([](libbpf_print_level, const char *, va_list) { return 0; });
	if (argc == 2)
		return print_all(argv[1]);
	if (argc == 4 && std::string_view(argv[1]) == "--log")
		return print_log(argv[3], argv[2]);
	std::fputs("usage: verifier_cost [--log PROGRAM] OBJECT\n", stderr);
	return 2;
}
