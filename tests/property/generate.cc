// SPDX-License-Identifier: Apache-2.0
#include "property/generate.h"

namespace flowmark::test {

namespace {

constexpr std::uint8_t kProtocols[] = {6, 17, 6, 17, 136, 132, 1, 58, 47};
constexpr std::uint16_t kPorts[] = {0,	  22,	53,    80,    443,   444,   1024,  5060,
				    5061, 8080, 16384, 32767, 40000, 51413, 65534, 65535};

bool has_ports(std::uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 136;
}

Prefix cut(Prefix prefix, unsigned length)
{
	prefix.length = static_cast<std::uint8_t>(length);
	if (prefix.family == 4) {
		prefix.lo &= length == 0 ? 0 : ~0ULL << (32 - length);
		return prefix;
	}
	if (length <= 64) {
		prefix.lo = 0;
		prefix.hi &= length == 0 ? 0 : ~0ULL << (64 - length);
	} else {
		prefix.lo &= ~0ULL << (128 - length);
	}
	return prefix;
}

} // namespace

// Few distinct bits, so that prefixes of all lengths cover some and not others.
std::uint64_t Generator::address_word(bool top)
{
	std::uint64_t word = top ? 0x20010db800000000U : 0;
	for (int i = 0; i < 3; i++)
		word ^= std::uint64_t{1} << below(64);
	return chance(20) ? (chance(50) ? 0 : ~0ULL) : word;
}

Prefix Generator::prefix()
{
	Prefix prefix;
	prefix.family = chance(50) ? 4 : 6;
	if (prefix.family == 4) {
		prefix.lo = 0xc0000200U ^ (address_word(false) & 0xffff07ffU);
		return cut(prefix, chance(10) ? below(33) : 12 + below(21));
	}
	prefix.hi = address_word(true);
	prefix.lo = address_word(false);
	return cut(prefix, chance(10) ? below(129) : 30 + below(99));
}

Range Generator::ports()
{
	const auto first = static_cast<std::uint16_t>(chance(70) ? kPorts[below(16)]
								 : below(65536));
	const auto last = static_cast<std::uint16_t>(
		chance(70) ? first : std::min(65535U, first + below(3000)));
	return {first, last};
}

// One to four labels of a letter, so that names lie below one another.
std::string Generator::host()
{
	std::string name(1, static_cast<char>('a' + below(3)));
	for (std::uint32_t labels = below(4); labels > 0; labels--)
		name += std::string(".") + static_cast<char>('a' + below(3));
	return name;
}

std::uint32_t Generator::set_of(SetKind kind, const Config &config)
{
	for (;;)
		if (const std::uint32_t set = below(static_cast<std::uint32_t>(config.sets.size()));
		    config.sets[set].kind == kind)
			return set;
}

Values Generator::values(unsigned condition, const Config &config)
{
	Values values;
	const std::uint32_t count = 1 + below(3);
	for (std::uint32_t i = 0; i < count; i++) {
		const auto number = [&](std::uint32_t n) {
			values.ranges.push_back(
				{static_cast<std::uint16_t>(n), static_cast<std::uint16_t>(n)});
		};
		switch (condition) {
		case FM_COND_protocol:
			number(kProtocols[below(9)]);
			break;
		case FM_COND_port:
		case FM_COND_client_port:
		case FM_COND_server_port:
			if (chance(20))
				values.sets.push_back(set_of(SetKind::ports, config));
			else
				values.ranges.push_back(ports());
			break;
		case FM_COND_address:
		case FM_COND_client:
		case FM_COND_server:
			if (chance(30))
				values.sets.push_back(set_of(SetKind::prefixes, config));
			else
				values.prefixes.push_back(prefix());
			break;
		case FM_COND_dscp:
			number(below(64));
			break;
		case FM_COND_interface:
			values.names.emplace_back(chance(50) ? "lan*" : "wan0");
			break;
		case FM_COND_vlan:
			values.ranges.push_back({5, static_cast<std::uint16_t>(5 + below(5))});
			break;
		case FM_COND_host:
			if (chance(30))
				values.sets.push_back(set_of(SetKind::hosts, config));
			else
				values.hosts.add((chance(40) ? "*." : "") + host());
			break;
		default:
			std::abort(); // a condition that the generator does not know
		}
	}
	return values;
}

Set Generator::set(int number)
{
	constexpr SetKind kKinds[] = {SetKind::prefixes, SetKind::ports, SetKind::hosts};
	Set set;
	set.name = "s" + std::to_string(number);
	set.kind = kKinds[number % 3];
	for (std::uint32_t n = below(30); n > 0; n--)
		if (set.kind == SetKind::prefixes)
			set.prefixes.push_back(prefix());
		else if (set.kind == SetKind::ports)
			set.ports.push_back(ports());
		else
			set.hosts.add((chance(30) ? "*." : "") + host());
	return set;
}

std::unique_ptr<Config> Generator::config(std::size_t rules)
{
	auto config = std::make_unique<Config>();
	config->files = {"generated"};
	config->interfaces.emplace_back().pattern = "lan0";
	for (unsigned i = 0; i < FM_MAX_CLASSES; i++)
		config->classes.push_back(
			{"c" + std::to_string(i), static_cast<std::uint8_t>(i), {}, {}});
	for (int i = 0; i < 9; i++)
		config->sets.push_back(set(i));
	config->rules.resize(rules);
	for (Rule &rule : config->rules) {
		rule.class_index = below(FM_MAX_CLASSES);
		const std::uint32_t count = 1 + below(3);
		for (std::uint32_t i = 0; i < count; i++) {
			const unsigned condition = below(FM_COND_COUNT);
			rule.conditions[condition] = values(condition, *config);
		}
	}
	config->default_class = below(FM_MAX_CLASSES);
	return config;
}

PlainPacket Generator::packet()
{
	PlainPacket packet;
	packet.interface = "lan0";
	packet.family = chance(50) ? 4 : 6;
	for (auto *address : {packet.source, packet.dest}) {
		Prefix from = prefix();
		while (from.family != packet.family)
			from = prefix();
		address[0] = from.hi;
		address[1] = from.lo ^ (chance(50) ? below(256) : 0);
		if (packet.family == 6 && chance(30))
			address[1] ^= address_word(false);
	}
	packet.protocol = kProtocols[below(9)];
	packet.has_ports = has_ports(packet.protocol);
	if (packet.has_ports) {
		packet.source_port = chance(60) ? kPorts[below(16)]
						: static_cast<std::uint16_t>(below(65536));
		packet.dest_port = chance(60) ? kPorts[below(16)]
					      : static_cast<std::uint16_t>(below(65536));
	}
	packet.dscp = static_cast<std::uint8_t>(below(64));
	packet.vlan = chance(30) ? static_cast<std::uint16_t>(4 + below(8)) : 0;
	if (chance(40))
		packet.host = host();
	return packet;
}

} // namespace flowmark::test
