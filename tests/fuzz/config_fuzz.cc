// SPDX-License-Identifier: Apache-2.0
// Input: a policy; behind a form feed a drop-in beside it, behind another one set.txt, which
// the two may name. There is a config or an error; each finding is a line for a terminal, of
// one of the files and within it; and what loads compiles, always to the same tables, or is
// refused with a reason.
#include <algorithm>
#include <array>
#include <cstring>

#include "fuzz/diagnostics.h"
#include "fuzz/scratch_folder.h"
#include "policy/compiler.h"

using namespace flowmark;
using flowmark::fuzz::require;

namespace {

constexpr char kNextFile = '\f'; // stands in no policy: it is a control character
constexpr std::array<std::string_view, 3> kFiles{"f.yaml", "f.d/drop-in.yaml", "set.txt"};
using Texts = std::array<std::string_view, kFiles.size()>;

Texts split(std::string_view input)
{
	Texts texts;
	for (std::size_t i = 0; i < texts.size(); i++) {
		const bool last = i + 1 == texts.size();
		texts[i] = input.substr(0, last ? input.size() : input.find(kNextFile));
		input.remove_prefix(std::min(texts[i].size() + 1, input.size()));
	}
	return texts;
}

LoadResult load(const fuzz::ScratchFolder &folder, const Texts &texts)
{
	for (std::size_t i = 0; i < texts.size(); i++)
		if (texts[i].empty() && i > 0)
			folder.remove(kFiles[i]);
		else
			folder.write(kFiles[i], texts[i]);
	return load_config(folder.path(kFiles[0]));
}

void check_findings(const fuzz::ScratchFolder &folder, const Texts &texts, const LoadResult &loaded)
{
	bool error = false;
	for (const Diagnostic &diagnostic : loaded.diagnostics) {
		fuzz::require_sound(diagnostic);
		error = error || diagnostic.severity == Diagnostic::Severity::error;
		for (std::size_t i = 0; i < texts.size(); i++)
			if (diagnostic.file == folder.path(kFiles[i]))
				require(fuzz::stands_in(diagnostic, texts[i]), "it has a place");
	}
	require(loaded.config.has_value() != error, "a config or an error");
}

template <typename T>
bool same_bytes(const std::vector<T> &a, const std::vector<T> &b)
{
	return a.size() == b.size() &&
	       (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

bool same(const NetTables &a, const NetTables &b)
{
	return a.net4_top == b.net4_top && a.net4_runs == b.net4_runs &&
	       same_bytes(a.net6, b.net6) && a.net6_nodes == b.net6_nodes &&
	       a.classes == b.classes && a.fingerprint == b.fingerprint;
}

bool same(const HostTable &a, const HostTable &b)
{
	return a.entries == b.entries && a.log2 == b.log2 && a.names == b.names &&
	       a.classes == b.classes && a.fingerprint == b.fingerprint;
}

bool same(const PolicyTables &a, const PolicyTables &b)
{
	return a.rows == b.rows && a.max_rows == b.max_rows && same(*a.nets, *b.nets) &&
	       same(*a.hosts, *b.hosts) &&
	       std::memcmp(a.policy.get(), b.policy.get(), sizeof(*a.policy)) == 0;
}

void check_tables(const Config &config)
{
	auto tables = compile(config, {});
	auto again = compile(config, {});
	require(tables.ok() == again.ok(), "compiles both times, or neither");
	if (!tables) {
		require(tables.error().message.starts_with("found "), "a reason");
		require(tables.error().message == again.error().message, "the same reason");
		return;
	}
	require(tables->rows <= tables->max_rows, "rows within their bound");
	require(same(*tables, *again), "the same tables");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	static const fuzz::ScratchFolder folder("config");
	const Texts texts = split({reinterpret_cast<const char *>(data), size});
	const LoadResult loaded = load(folder, texts);
	check_findings(folder, texts, loaded);
	if (loaded.config)
		check_tables(*loaded.config);
	return 0;
}
