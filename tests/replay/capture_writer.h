// SPDX-License-Identifier: Apache-2.0
// Captures for the tests, written as the formats' descriptions have them, and the
// files that hold them.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace flowmark::test {

using Bytes = std::vector<std::uint8_t>;

// As files have them (LINKTYPE_*).
inline constexpr std::uint16_t kLinkNull = 0, kLinkEthernet = 1, kLinkPpp = 9, kLinkRaw = 101,
			       kLinkLoop = 108, kLinkCooked = 113, kLinkRadio = 127, kLinkIp4 = 228,
			       kLinkCooked2 = 276;

class TemporaryFile {
      public:
	explicit TemporaryFile(const Bytes &bytes)
		: path_(fmt::format("/tmp/flowmark-capture-{}-XXXXXX", getpid()))
	{
		const int fd = mkstemp(path_.data());
		if (fd < 0 ||
		    write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
			throw std::runtime_error("cannot write " + path_);
		close(fd);
	}
	~TemporaryFile() { unlink(path_.c_str()); }
	TemporaryFile(const TemporaryFile &) = delete;
	TemporaryFile &operator=(const TemporaryFile &) = delete;

	[[nodiscard]] const std::string &path() const { return path_; }

      private:
	std::string path_;
};

// Little-endian numbers, one after the other.
inline void put(Bytes &to, std::uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

// A pcap file with times in nanoseconds.
class PcapWriter {
      public:
	explicit PcapWriter(std::uint32_t link_type)
	{
		put(bytes_, 0xa1b23c4d, 4);
		put(bytes_, 2, 2);
		put(bytes_, 4, 2);
		put(bytes_, 0, 8);
		put(bytes_, 262144, 4);
		put(bytes_, link_type, 4);
	}

	// `wire`: what the record says was on the wire, if more.
	PcapWriter &add(const Bytes &frame, std::size_t wire = 0, std::uint64_t time_ns = 0)
	{
		head(frame.size(), wire == 0 ? frame.size() : wire, time_ns);
		bytes_.insert(bytes_.end(), frame.begin(), frame.end());
		return *this;
	}
	// A record's head alone, with whatever lengths.
	PcapWriter &head(std::uint64_t captured, std::uint64_t wire, std::uint64_t time_ns = 0)
	{
		put(bytes_, time_ns / 1'000'000'000, 4);
		put(bytes_, time_ns % 1'000'000'000, 4);
		put(bytes_, captured, 4);
		put(bytes_, wire, 4);
		return *this;
	}

	[[nodiscard]] const Bytes &bytes() const { return bytes_; }

      private:
	Bytes bytes_;
};

// An option of a pcapng block, in the order of its writer.
struct Option {
	std::uint16_t code;
	Bytes value;
};

// A pcapng file, block by block.
class PcapngWriter {
      public:
	explicit PcapngWriter(bool big_endian = false) : big_endian_(big_endian) { section(); }

	PcapngWriter &section(std::uint16_t major = 1)
	{
		Bytes body;
		number(body, 0x1a2b3c4d, 4);
		number(body, major, 2);
		number(body, 0, 2);
		number(body, ~0ULL, 8);
		return block(0x0a0d0d0a, body);
	}
	// Of the other byte order than the last one.
	PcapngWriter &other_section()
	{
		big_endian_ = !big_endian_;
		return section();
	}
	PcapngWriter &interface(std::uint16_t link_type, std::uint32_t snapshot = 262144,
				const std::vector<Option> &options = {})
	{
		Bytes body;
		number(body, link_type, 2);
		number(body, 0, 2);
		number(body, snapshot, 4);
		for (const Option &option : options) {
			number(body, option.code, 2);
			number(body, option.value.size(), 2);
			append(body, option.value);
		}
		return block(1, body);
	}
	PcapngWriter &add(std::uint32_t interface, const Bytes &frame, std::uint64_t units = 0)
	{
		Bytes body;
		number(body, interface, 4);
		return packet(6, std::move(body), frame, units);
	}
	PcapngWriter &add_obsolete(std::uint16_t interface, const Bytes &frame,
				   std::uint64_t units = 0)
	{
		Bytes body;
		number(body, interface, 2);
		number(body, 0xffff, 2);
		return packet(2, std::move(body), frame, units);
	}
	// `wire`: what was there, of which the snapshot length lets `frame` be captured.
	PcapngWriter &add_simple(const Bytes &frame, std::size_t wire)
	{
		Bytes body;
		number(body, wire, 4);
		append(body, frame);
		return block(3, body);
	}
	// A packet's block with whatever lengths.
	PcapngWriter &add_lengths(std::uint32_t captured, std::uint32_t wire, const Bytes &frame)
	{
		Bytes body;
		number(body, 0, 4);
		number(body, 0, 8);
		number(body, captured, 4);
		number(body, wire, 4);
		append(body, frame);
		return block(6, body);
	}
	PcapngWriter &block(std::uint32_t type, const Bytes &body)
	{
		const std::size_t length = body.size() + 12;
		return raw(type, length, body, length);
	}
	PcapngWriter &raw(std::uint32_t type, std::uint64_t length, const Bytes &body,
			  std::uint64_t length_again)
	{
		number(bytes_, type, 4);
		number(bytes_, length, 4);
		bytes_.insert(bytes_.end(), body.begin(), body.end());
		number(bytes_, length_again, 4);
		return *this;
	}

	[[nodiscard]] const Bytes &bytes() const { return bytes_; }
	// As an option has it.
	[[nodiscard]] Bytes value(std::uint64_t value, unsigned bytes) const
	{
		Bytes made;
		number(made, value, bytes);
		return made;
	}

      private:
	void number(Bytes &to, std::uint64_t value, unsigned bytes) const
	{
		const std::size_t begin = to.size();
		put(to, value, bytes);
		if (big_endian_)
			std::reverse(to.begin() + static_cast<std::ptrdiff_t>(begin), to.end());
	}
	static void append(Bytes &to, const Bytes &what)
	{
		to.insert(to.end(), what.begin(), what.end());
		to.resize((to.size() + 3) / 4 * 4);
	}
	PcapngWriter &packet(std::uint32_t type, Bytes body, const Bytes &frame,
			     std::uint64_t units)
	{
		number(body, units >> 32, 4);
		number(body, units & 0xffffffff, 4);
		number(body, frame.size(), 4);
		number(body, frame.size(), 4);
		append(body, frame);
		return block(type, body);
	}

	Bytes bytes_;
	bool big_endian_;
};

} // namespace flowmark::test
