// SPDX-License-Identifier: Apache-2.0
// Writes DNS messages, right and wrong, for tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace flowmark {

class DnsBytes {
      public:
	DnsBytes &u8(unsigned value)
	{
		bytes.push_back(static_cast<std::uint8_t>(value));
		return *this;
	}
	DnsBytes &u16(unsigned value) { return u8(value >> 8 & 0xff).u8(value & 0xff); }
	DnsBytes &u32(std::uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
	DnsBytes &raw(const std::vector<std::uint8_t> &more)
	{
		bytes.insert(bytes.end(), more.begin(), more.end());
		return *this;
	}
	DnsBytes &text(std::string_view text)
	{
		bytes.insert(bytes.end(), text.begin(), text.end());
		return *this;
	}
	// "www.example.com" uncompressed; "" is the root.
	DnsBytes &name(std::string_view name)
	{
		while (!name.empty()) {
			const std::string_view label = name.substr(0, name.find('.'));
			u8(static_cast<unsigned>(label.size())).text(label);
			name.remove_prefix(std::min(label.size() + 1, name.size()));
		}
		return u8(0);
	}
	DnsBytes &pointer(unsigned at) { return u16(0xc000 | at); }

	DnsBytes &header(unsigned questions, unsigned answers, unsigned additionals = 0,
			 unsigned flags = 0x8180)
	{
		return u16(0x1234).u16(flags).u16(questions).u16(answers).u16(0).u16(additionals);
	}
	DnsBytes &question(std::string_view of, unsigned type = 1)
	{
		return name(of).u16(type).u16(1);
	}
	DnsBytes &record(std::string_view owner, unsigned type, std::uint32_t ttl,
			 const DnsBytes &data)
	{
		name(owner).u16(type).u16(1).u32(ttl);
		return u16(static_cast<unsigned>(data.bytes.size())).raw(data.bytes);
	}
	DnsBytes &a(std::string_view owner, std::uint32_t ttl, std::uint32_t address)
	{
		return record(owner, 1, ttl, DnsBytes().u32(address));
	}
	DnsBytes &aaaa(std::string_view owner, std::uint32_t ttl, std::uint8_t last)
	{
		return record(owner, 28, ttl, DnsBytes().raw(ipv6(last)));
	}
	DnsBytes &cname(std::string_view owner, std::uint32_t ttl, std::string_view target)
	{
		return record(owner, 5, ttl, DnsBytes().name(target));
	}
	// key, length, value
	DnsBytes &parameter(unsigned key, const DnsBytes &value)
	{
		return u16(key).u16(static_cast<unsigned>(value.bytes.size())).raw(value.bytes);
	}
	// With its length in front.
	DnsBytes &list(const DnsBytes &items)
	{
		return u16(static_cast<unsigned>(items.bytes.size())).raw(items.bytes);
	}

	// 2001:db8::<last>
	static std::vector<std::uint8_t> ipv6(std::uint8_t last)
	{
		return {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
	}

	std::vector<std::uint8_t> bytes;
};

inline DnsBytes ech_config(std::string_view public_name, unsigned version = 0xfe0d)
{
	DnsBytes contents;
	contents.u8(7).u16(0x20).list(DnsBytes().text(std::string(32, 'k')));
	contents.list(DnsBytes().u16(1).u16(1)).u8(0);
	contents.u8(static_cast<unsigned>(public_name.size())).text(public_name).u16(0);
	return DnsBytes().u16(version).list(contents);
}

} // namespace flowmark
