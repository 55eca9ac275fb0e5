// SPDX-License-Identifier: Apache-2.0
// Why a DNS message, or a part of it, gave no binding.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace flowmark {

// X(name, label, help): the label is the metric's.
#define FLOWMARK_DNS_PROBLEMS(X)                                                             \
	X(cut_short, "short", "the message ends before what its counts and lengths promise") \
	X(not_answer, "not_answer", "a query, or another operation than a lookup")           \
	X(failure, "failure", "the server says that the lookup failed")                      \
	X(pointer, "pointer_loop", "a compression pointer that does not point backwards")    \
	X(label, "label", "a label of an unknown kind, or a byte that no host name has")     \
	X(name_length, "name_length", "a name of more than 255 bytes")                       \
	X(record, "record", "a record whose data contradicts its length")                    \
	X(service, "service", "an HTTPS or SVCB record that contradicts itself")             \
	X(too_many, "too_many", "more records, addresses or aliases than are looked at")

enum class DnsProblem {
#define FLOWMARK_ENUM(name, label, help) name,
	FLOWMARK_DNS_PROBLEMS(FLOWMARK_ENUM)
#undef FLOWMARK_ENUM
};

struct DnsProblemRow {
	std::string_view label;
	std::string_view help;
};

// By DnsProblem.
inline constexpr std::array kDnsProblems = {
#define FLOWMARK_ROW(name, label, help) DnsProblemRow{label, help},
	FLOWMARK_DNS_PROBLEMS(FLOWMARK_ROW)
#undef FLOWMARK_ROW
};

constexpr std::string_view to_label(DnsProblem problem)
{
	return kDnsProblems.at(static_cast<std::size_t>(problem)).label;
}

} // namespace flowmark
