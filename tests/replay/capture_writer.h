// SPDX-License-Identifier: Apache-2.0
// Captures for the tests, written as the formats' descriptions have them, and the
// files that hold them.
#pragma once

#include <unistd.h>

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

// A pcapng file of one section.
class PcapngWriter {
      public:
	PcapngWriter()
	{
		Bytes body;
		put(body, 0x1a2b3c4d, 4);
		put(body, 1, 2);
		put(body, 0, 2);
		put(body, ~0ULL, 8);
		block(0x0a0d0d0a, body);
	}

	PcapngWriter &interface(std::uint16_t link_type)
	{
		Bytes body;
		put(body, link_type, 2);
		put(body, 0, 2);
		put(body, 262144, 4);
		block(1, body);
		return *this;
	}
	PcapngWriter &add(std::uint32_t interface, const Bytes &frame)
	{
		Bytes body;
		put(body, interface, 4);
		put(body, 0, 8);
		put(body, frame.size(), 4);
		put(body, frame.size(), 4);
		body.insert(body.end(), frame.begin(), frame.end());
		body.resize((body.size() + 3) / 4 * 4);
		block(6, body);
		return *this;
	}

	[[nodiscard]] const Bytes &bytes() const { return bytes_; }

      private:
	void block(std::uint32_t type, const Bytes &body)
	{
		const std::size_t length = body.size() + 12;
		put(bytes_, type, 4);
		put(bytes_, length, 4);
		bytes_.insert(bytes_.end(), body.begin(), body.end());
		put(bytes_, length, 4);
	}

	Bytes bytes_;
};

} // namespace flowmark::test
