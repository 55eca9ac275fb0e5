// SPDX-License-Identifier: Apache-2.0
#include "names/dns_service.h"

#include <algorithm>

#include "names/name.h"

namespace flowmark {

namespace {

enum ServiceKey : std::uint16_t { kIpv4Hint = 4, kEch = 5, kIpv6Hint = 6 };

constexpr std::uint16_t kEchVersion = 0xfe0d;

void add_hints(DnsCursor value, std::size_t size, DnsService &service)
{
	while (value.ok() && value.left() > 0) {
		const Bytes address = value.take(size);
		if (value.ok())
			service.hints.push_back(to_address(address));
	}
}

// Without a byte that no name has. The dot at the end is forbidden there, and its removal would
// make another name of it.
bool is_public_name(std::string_view name)
{
	return !name.empty() && name.back() != '.' &&
	       std::all_of(name.begin(), name.end(), is_name_byte);
}

void add_ech_config(DnsCursor config, DnsService &service)
{
	std::string name;
	config.u8();		   // config_id
	config.u16();		   // kem_id
	config.take(config.u16()); // public_key
	config.take(config.u16()); // cipher_suites
	config.u8();		   // maximum_name_length
	for (const std::uint8_t byte : config.take(config.u8()))
		name += to_lower(static_cast<char>(byte));
	config.take(config.u16()); // extensions
	if (config.ok() && config.left() == 0 && is_public_name(name))
		service.public_names.push_back(std::move(name));
}

// A broken configuration is one that no client can use; its neighbours may be whole.
void add_ech(DnsCursor value, DnsService &service)
{
	DnsCursor list = value.part(value.u16());
	while (list.ok() && list.left() > 0) {
		const std::uint16_t version = list.u16();
		DnsCursor config = list.part(list.u16());
		if (config.ok() && version == kEchVersion)
			add_ech_config(config, service);
	}
}

void add_parameter(std::uint16_t key, const DnsCursor &value, DnsService &service)
{
	if (key == kIpv4Hint)
		add_hints(value, 4, service);
	else if (key == kIpv6Hint)
		add_hints(value, 16, service);
	else if (key == kEch)
		add_ech(value, service);
}

// What cannot be divided into addresses contradicts itself; so do keys out of order.
bool is_sound(std::uint16_t key, int last_key, const DnsCursor &value)
{
	const std::size_t size = key == kIpv4Hint ? 4 : key == kIpv6Hint ? 16 : 0;
	return key > last_key && (size == 0 || (value.left() > 0 && value.left() % size == 0));
}

} // namespace

DnsAddress to_address(Bytes bytes)
{
	DnsAddress address;
	address.family = bytes.size() == 4 ? 4 : 6;
	std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
	return address;
}

std::optional<DnsService> read_service(DnsCursor data)
{
	DnsService service;
	service.alias = data.u16() == 0;
	service.target = data.plain_name();
	int last_key = -1;
	while (data.ok() && data.left() > 0 && !service.alias) {
		const std::uint16_t key = data.u16();
		const DnsCursor value = data.part(data.u16());
		if (!data.ok() || !is_sound(key, last_key, value))
			return std::nullopt;
		add_parameter(key, value, service);
		last_key = key;
	}
	return data.ok() ? std::optional(std::move(service)) : std::nullopt;
}

} // namespace flowmark
