// SPDX-License-Identifier: Apache-2.0
// The seeds of hello_packets and headers.
#include "fuzz/seeds.h"

#include "names/initials.h"
#include "support/packet.h"

namespace flowmark::fuzz {

namespace {

using namespace flowmark::test;

constexpr std::uint8_t kTcp = 6, kUdp = 17;

Bytes pair_of(std::size_t number)
{
	return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

Bytes record_of(const Bytes &body)
{
	return joined({{22, 3, 1}, pair_of(body.size()), body});
}

// hello_packets_fuzz.cc has the meaning of the first byte, and of what a slice is.
Bytes whole(std::uint8_t pieces, const Bytes &stream)
{
	return joined({{static_cast<std::uint8_t>(2 * pieces)}, stream});
}

Bytes slice_at(std::uint8_t what, std::size_t offset, std::size_t length)
{
	return joined({{what}, pair_of(offset), pair_of(length - 1)});
}

Bytes slices(std::uint8_t count, std::initializer_list<Bytes> records, const Bytes &stream,
	     std::uint8_t what = 1)
{
	return joined({{what, count}, joined(records), stream});
}

// headers_fuzz.cc has the meaning of it. EF is written.
Bytes framed(const Bytes &frame, bool raw = false)
{
	return joined({{static_cast<std::uint8_t>(46 << 2 | (raw ? 1 : 0))},
		       pair_of(frame.size()),
		       frame});
}

Bytes with_payload(FrameSpec spec, const Bytes &payload)
{
	spec.payload = payload.size();
	Bytes frame = spec.build();
	std::copy(payload.begin(), payload.end(), frame.end() - std::ptrdiff_t(payload.size()));
	return frame;
}

// With its sequence number.
Bytes segment(const FrameSpec &spec, std::uint8_t seq, const Bytes &payload)
{
	constexpr std::size_t kSeq = 14 + 20 + 7; // the last byte of it
	Bytes frame = with_payload(spec, payload);
	frame.at(kSeq) = seq;
	return frame;
}

} // namespace

void write_hello_packets(const std::filesystem::path &folder)
{
	const Bytes hello = make_hello({.before = 30});
	const Bytes stream = record_of(hello);
	const std::size_t end = stream.size(), half = end / 2;
	write_seed(folder, "whole", whole(20, stream));
	write_seed(folder, "bytes", whole(0, stream));
	write_seed(folder, "nameless", whole(20, record_of(make_hello({.name = ""}))));
	write_seed(folder, "ech",
		   whole(90, record_of(make_hello({.name = "A.Example.", .ech_before = true}))));
	write_seed(folder, "records",
		   whole(33, joined({record_of(slice(hello, 0, 70)),
				     record_of(slice(hello, 70, hello.size()))})));
	write_seed(folder, "swapped",
		   slices(2, {slice_at(2, half, end - half), slice_at(2, 0, half)}, stream));
	write_seed(folder, "twice",
		   slices(4,
			  {slice_at(2, 0, half), slice_at(2, 0, half), slice_at(3, 0, end),
			   slice_at(2, half - 9, end - half)},
			  stream));
	write_seed(folder, "two-flows",
		   slices(4,
			  {slice_at(2, 0, half), slice_at(6, half, end - half),
			   slice_at(0x1a, half, end - half), slice_at(6, 0, end)},
			  stream));
	write_seed(folder, "behind-text",
		   slices(2, {slice_at(2, 0, 8), slice_at(2, 8, end)},
			  joined({{'S', 'T', 'A', 'R', 'T', 'L', 'S', '\n'}, stream})));
	write_seed(folder, "gaps",
		   slices(3, {slice_at(2, 20, 20), slice_at(2, half, 5), slice_at(2, half + 15, 5)},
			  stream, 7));
	write_seed(folder, "one-by-one",
		   slices(5,
			  {slice_at(2, 10, 9), slice_at(2, end - 9, 9), slice_at(2, half, 9),
			   slice_at(2, 0, 40), slice_at(2, 70, 9)},
			  stream, 3));
	const std::string proxy = "PROXY TCP4 192.0.2.1 192.0.2.2 5 443\r\n";
	write_seed(folder, "behind-proxy",
		   slices(1, {slice_at(2, 0, proxy.size() + end)},
			  joined({Bytes(proxy.begin(), proxy.end()), stream})));
}

void write_headers(const std::filesystem::path &folder)
{
	for (const LinkShape link : kLinkShapes)
		for (const NetShape net : {NetShape::ip4_options, NetShape::ip6_extensions}) {
			FrameSpec spec;
			spec.link = link;
			spec.net = net;
			spec.payload = 8;
			const std::string name = "link" + std::to_string(static_cast<int>(link)) +
						 (is_ip6(net) ? "-ip6" : "-ip4");
			write_seed(folder, name, framed(spec.build(), link == LinkShape::raw));
		}
	FrameSpec tcp, first, answer;
	tcp.protocol = kTcp;
	const Bytes stream = record_of(make_hello({}));
	write_seed(folder, "hello",
		   joined({framed(segment(tcp, 0, slice(stream, 0, 40))),
			   framed(segment(tcp, 40, slice(stream, 40, stream.size())))}));
	first.net = NetShape::ip4_first_fragment;
	FrameSpec later = first;
	later.later_fragment = true;
	write_seed(folder, "fragments",
		   joined({framed(first.build()), framed(later.build()), framed(later.build())}));
	answer.source.port = 53;
	answer.protocol = kUdp;
	write_seed(folder, "dns", framed(answer.build()));
	write_seed(folder, "quic",
		   framed(with_payload({}, make_initial({.size = 200},
							crypto_frame(0, slice(stream, 5, 60))))));
}

} // namespace flowmark::fuzz
