// SPDX-License-Identifier: Apache-2.0
#include "config/host.h"

#include <idn2.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <flowmark/names.h>

#include "base/result.h"

namespace flowmark {

namespace {

constexpr std::size_t kMaxName = 253; // what 255 bytes on the wire have room for
constexpr std::size_t kMaxLabel = 63;

// Underscores are in no host name of RFC 952 and in many that servers have.
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<bool, 256> kIsLetter = [] {
	std::array<bool, 256> table{};
	for (const char c : kLetters)
		table[static_cast<unsigned char>(c)] = true;
	return table;
}();

bool is_label(std::size_t length)
{
	return length > 0 && length <= kMaxLabel;
}

// Is it as rules compare it? Almost every line of a file of a million names is.
bool is_normal(std::string_view name)
{
	std::size_t label = 0;
	for (const char c : name) {
		if (kIsLetter[static_cast<unsigned char>(c)])
			label++;
		else if (c == '.' && is_label(label))
			label = 0;
		else
			return false;
	}
	return is_label(label) && name.size() <= kMaxName;
}

std::size_t labels_of(std::string_view name)
{
	return static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1;
}

bool is_normal_any(std::string_view text)
{
	if (!text.starts_with(kBelow))
		return is_normal(text);
	text.remove_prefix(kBelow.size());
	return is_normal(text) && labels_of(text) <= FM_NAME_SUFFIXES;
}

bool is_ascii(std::string_view text)
{
	return std::all_of(text.begin(), text.end(),
			   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string lower(std::string_view ascii)
{
	std::string out(ascii);
	for (char &c : out)
		if (c >= 'A' && c <= 'Z')
			c = static_cast<char>(c - 'A' + 'a');
	return out;
}

// An error's text is what was expected.
Result<std::string> to_ascii(std::string_view name)
{
	char *ascii = nullptr;
	const int status = idn2_to_ascii_8z(std::string(name).c_str(), &ascii,
					    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (status != IDN2_OK)
		return Error{
			fmt::format("a name that can be registered ({})", idn2_strerror(status))};
	std::string out(ascii);
	idn2_free(ascii);
	return out;
}

bool is_letter_or_dot(char c)
{
	return c == '.' || kIsLetter[static_cast<unsigned char>(c)];
}

// Why a name in lower case and A-labels is not normal.
std::string expected_instead(std::string_view name)
{
	if (name.empty())
		return "a host name such as example.com or *.example.com";
	if (name.find('*') != std::string_view::npos)
		return "'*' only as the whole first label (*.example.com)";
	if (!std::all_of(name.begin(), name.end(), is_letter_or_dot))
		return "a host name of letters, digits, '-', '_' and dots between labels";
	if (name.size() > kMaxName)
		return fmt::format("a host name of at most {} bytes", kMaxName);
	if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string_view::npos)
		return "a host name without empty labels";
	return fmt::format("labels of at most {} bytes", kMaxLabel);
}

// What stands before or instead of letters that are no ASCII must not reach libidn2,
// which takes a text up to its first NUL and would map blanks.
bool has_control_or_blank(std::string_view text)
{
	return std::any_of(text.begin(), text.end(), [](char c) {
		return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
	});
}

Result<std::string> normalise(std::string_view text)
{
	std::string name;
	if (is_ascii(text) || has_control_or_blank(text)) {
		name = lower(text);
	} else {
		auto converted = to_ascii(text);
		if (!converted)
			return converted.error();
		name = std::move(*converted);
	}
	if (name.size() > 1 && name.back() == '.')
		name.pop_back();
	if (!is_normal(name))
		return Error{expected_instead(name)};
	return name;
}

// The packet path keeps the hashes of so many suffixes of a name.
Result<std::string> normalise_below(std::string_view text)
{
	auto name = normalise(text);
	if (name && labels_of(*name) > FM_NAME_SUFFIXES)
		return Error{fmt::format("at most {} labels after '*.'", FM_NAME_SUFFIXES)};
	return name;
}

Result<std::string> normalise_any(std::string_view text)
{
	if (!text.starts_with(kBelow))
		return normalise(text);
	auto name = normalise_below(text.substr(kBelow.size()));
	if (!name)
		return name;
	return std::string(kBelow) + *name;
}

} // namespace

bool parse_host(std::string_view text, HostNames &names)
{
	if (is_normal_any(text)) {
		names.add(text);
		return true;
	}
	const auto name = normalise_any(text);
	if (name)
		names.add(*name);
	return name.ok();
}

std::string expected_host(std::string_view text)
{
	const auto name = normalise_any(text);
	return name ? "" : name.error().message;
}

} // namespace flowmark
