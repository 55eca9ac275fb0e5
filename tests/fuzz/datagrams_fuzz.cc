// SPDX-License-Identifier: Apache-2.0
// Input: fragments, six bytes each; what they hold is made up here. What is put together is
// what a plain map of bytes says, and it is put together with the same fragment.
//   what    bit 0 a later fragment, 1 not the last, 2-3 how the time goes on: not, by 1 s, by
//           3 s, back by 1 s
//   id      1 byte
//   place   2 bytes, in units of 8 bytes
//   length  2 bytes
#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <vector>

#include "fuzz/fuzz.h"
#include "names/datagrams.h"
#include "names/quic_bytes.h"
#include "names/quic_crypto_buffer.h"

namespace flowmark::fuzz {

namespace {

using Payload = std::vector<std::uint8_t>;

struct Fragment {
	fm_punt punt{};
	std::size_t at = 0;
	Payload payload;
};

// One datagram; a byte of it that has not come is nothing.
struct Known {
	using Bytes = std::vector<std::optional<std::uint8_t>>;

	std::uint32_t id = 0;
	std::uint64_t last_ns = 0;
	Bytes bytes = Bytes(CryptoBuffer::kSize);
	std::optional<std::uint16_t> first; // the source port that the first fragment has
	std::optional<std::size_t> length;
	bool handed_on = false;

	void put(const Fragment &fragment)
	{
		for (std::size_t i = 0, at = fragment.at;
		     i < fragment.payload.size() && at < bytes.size(); i++, at++)
			if (!bytes[at])
				bytes[at] = fragment.payload[i];
		if (fragment.punt.kind != FM_PUNT_REST && !first)
			first = fragment.punt.sport;
		if ((fragment.punt.fragment & FM_PUNT_MORE) == 0 && !length)
			length = fragment.at + fragment.payload.size();
	}

	[[nodiscard]] bool whole() const
	{
		return first && length && *length <= bytes.size() &&
		       std::all_of(bytes.begin(),
				   bytes.begin() + static_cast<std::ptrdiff_t>(*length),
				   [](const auto &byte) { return byte.has_value(); });
	}
};

// What Datagrams should do, as plainly as can be.
class Reference {
      public:
	std::optional<Payload> take(const Fragment &fragment)
	{
		const std::uint64_t now = fragment.punt.time_ns;
		while (!known_.empty() && now > known_.back().last_ns + Datagrams::kIdleNs)
			known_.pop_back();
		Known &known = use(fragment.punt.seq);
		known.last_ns = now;
		known.put(fragment);
		if (known.handed_on || !known.whole())
			return {};
		known.handed_on = true;
		Payload payload(*known.length);
		std::transform(known.bytes.begin(),
			       known.bytes.begin() + static_cast<std::ptrdiff_t>(*known.length),
			       payload.begin(), [](const auto &byte) { return *byte; });
		return payload;
	}

	[[nodiscard]] std::size_t size() const { return known_.size(); }
	[[nodiscard]] std::uint16_t first() const { return *known_.front().first; }

      private:
	Known &use(std::uint32_t id)
	{
		const auto place = std::find_if(known_.begin(), known_.end(),
						[&](const Known &known) { return known.id == id; });
		if (place != known_.end()) {
			known_.splice(known_.begin(), known_, place);
			return known_.front();
		}
		if (known_.size() == Datagrams::kDatagrams)
			known_.pop_back();
		known_.emplace_front().id = id;
		return known_.front();
	}

	std::list<Known> known_; // used last is first
};

class Fragments {
      public:
	explicit Fragments(View input) : at_(input) {}

	std::optional<Fragment> next()
	{
		constexpr std::size_t kRecord = 6;
		if (at_.left() < kRecord)
			return {};
		const std::uint64_t what = at_.number(1);
		Fragment fragment;
		fm_punt &punt = fragment.punt;
		now_ += kPauses.at(what >> 2 & 3);
		punt.time_ns = now_;
		punt.sport = ++count_;
		punt.kind = (what & 1) != 0 ? FM_PUNT_REST : FM_PUNT_QUIC;
		punt.seq = static_cast<std::uint32_t>(at_.number(1));
		fragment.at = at_.number(2) % kPlaces * 8;
		punt.fragment = static_cast<std::uint16_t>(fragment.at | FM_PUNT_FRAGMENT |
							   ((what & 2) != 0 ? FM_PUNT_MORE : 0));
		fragment.payload.resize(at_.number(2) % (FM_PUNT_PAYLOAD + 1));
		for (std::size_t i = 0; i < fragment.payload.size(); i++)
			fragment.payload[i] = static_cast<std::uint8_t>(count_ * 31 + i * 7);
		return fragment;
	}

      private:
	static constexpr std::uint64_t kSecond = 1'000'000'000;
	static constexpr std::array<std::uint64_t, 4> kPauses{0, kSecond, 3 * kSecond, -kSecond};
	static constexpr std::size_t kPlaces = 65536 / 8;

	QuicBytes at_;
	std::uint64_t now_ = 1'000'000 * kSecond;
	std::uint16_t count_ = 0;
};

void run(View input)
{
	Fragments fragments(input);
	Reference reference;
	Datagrams datagrams(1);
	while (const auto fragment = fragments.next()) {
		const auto expected = reference.take(*fragment);
		const auto whole = datagrams.take(fragment->punt, fragment->payload);
		require(datagrams.size() == reference.size(), "as many are kept");
		require(whole.has_value() == expected.has_value(), "whole at the same time");
		if (!whole)
			continue;
		require(whole->payload == *expected, "the bytes that came first, in their place");
		require(whole->first.sport == reference.first(), "the first one's ports");
	}
}

} // namespace

} // namespace flowmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	flowmark::fuzz::run({data, size});
	return 0;
}
