// SPDX-License-Identifier: Apache-2.0
// Recorded hellos, cut in two at every byte: the same name, at once, in either order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "replay/captured_hellos.h"
#include "replay/conversation.h"

namespace flowmark::test {

namespace {

// What a rule can name.
bool is_host(const std::string &name)
{
	return name.find('.') != std::string::npos &&
	       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") ==
		       std::string::npos &&
	       name.find_last_not_of("0123456789.") != std::string::npos;
}

class Splits {
      public:
	explicit Splits(const std::vector<CapturedHello> &hellos) : path_(hosts_of(hellos)) {}

	void cut_everywhere(const CapturedHello &hello)
	{
		name_ends_ = end_of_name(hello);
		for (std::size_t at = 1; at < hello.bytes.size(); at++)
			for (const bool swapped : {false, true})
				for (const bool with_syn : {false, true}) {
					cut(hello, at, swapped, with_syn);
					if (testing::Test::HasFatalFailure())
						return;
				}
	}

      private:
	static std::vector<std::string> hosts_of(const std::vector<CapturedHello> &hellos)
	{
		std::set<std::string> hosts;
		for (const CapturedHello &hello : hellos)
			if (is_host(hello.name))
				hosts.insert(hello.name);
		return {hosts.begin(), hosts.end()};
	}

	// Offset behind its only occurrence; 0: it has several, or records cut it.
	static std::size_t end_of_name(const CapturedHello &hello)
	{
		std::string lower;
		for (const std::uint8_t byte : hello.bytes)
			lower.push_back(static_cast<char>(std::tolower(byte)));
		const std::size_t at = lower.find(hello.name);
		if (at == std::string::npos || lower.find(hello.name, at + 1) != std::string::npos)
			return 0;
		return at + hello.name.size();
	}

	void cut(const CapturedHello &hello, std::size_t at, bool swapped, bool with_syn)
	{
		const std::string what = fmt::format("{} cut at {} of {}{}{}", hello.file, at,
						     hello.bytes.size(), swapped ? " swapped" : "",
						     with_syn ? " with SYN" : "");
		const std::uint8_t dscp = is_host(hello.name) ? kNamed : 0;
		const View whole(hello.bytes);
		Conversation flow(path_);
		if (with_syn)
			flow.open();
		for (const bool second : {swapped, !swapped}) {
			const std::uint8_t left = second ? flow.client(at, whole.subspan(at))
							 : flow.client(0, whole.first(at));
			const std::string name = flow.name();
			ASSERT_EQ(left, name.empty() ? 0 : dscp) << what;
			if (name_ends_ != 0 && !swapped && !second) {
				ASSERT_EQ(name.empty(), at < name_ends_) << what;
			}
		}
		ASSERT_EQ(flow.name(), hello.name) << what;
		ASSERT_EQ(flow.later(), dscp) << what;
	}

	NamePath path_;
	std::size_t name_ends_ = 0;
};

void cut_all(const std::string &folder, std::size_t at_least)
{
	const std::vector<CapturedHello> hellos = read_captured_hellos(folder);
	ASSERT_GE(hellos.size(), at_least);
	for (auto &h : hellos)
		fmt::print("{} {} {}\n", h.file, h.name, h.bytes.size());
	Splits splits(hellos);
	for (const CapturedHello &hello : hellos)
		splits.cut_everywhere(hello);
}

} // namespace

TEST(HelloSplits, every_cut_of_a_recorded_hello_gives_its_name)
{
	cut_all(FLOWMARK_TEST_CAPTURES, 8);
}

} // namespace flowmark::test
