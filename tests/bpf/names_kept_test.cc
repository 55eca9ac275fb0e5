// SPDX-License-Identifier: Apache-2.0
// The tables of flows' names when others fill them: who is answered keeps his.
#include <gtest/gtest.h>

#include "datapath/flow_memory.h"
#include "datapath/name_maps.h"
#include "explain/flow_query.h"
#include "names/name.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

constexpr std::uint8_t kNamedDscp = 46, kOtherDscp = 10;
constexpr const char *kHostPolicy =
	"classes: [{ name: named, dscp: 46 }, { name: other, dscp: 10 }]\n"
	"rules: [{ class: named, host: live.test }]\ndefault: other\n";
// Four times what the kernel looks at before it takes one that is in use.
constexpr std::uint16_t kFlows = 512, kFirstClientPort = 20'000;

FrameSpec packet_of(unsigned flow)
{
	FrameSpec frame;
	frame.source.port = static_cast<std::uint16_t>(kFirstClientPort + flow);
	frame.payload = 0;
	return frame;
}

// To where packet_of() goes.
fm_flow_key key_from(std::uint32_t client, std::uint16_t port)
{
	FlowQuery flow;
	flow.protocol = 17;
	flow.client = {{0, client}, port};
	flow.server = {{0, 0xcb007109}, 443}; // 203.0.113.9
	return key_of(flow, 0);
}

// As the agent does for QUIC.
void put_name(Path &path, std::uint32_t client, std::uint16_t port, const char *host)
{
	const fm_flow_key key = key_from(client, port);
	fm_name name = make_name(host, FM_EVIDENCE_QUIC);
	name.from = key.low_port == port ? FM_NAME_FROM_LOW : FM_NAME_FROM_HIGH;
	NameMaps(path.object()).put_name(key, flow_hash(path.object(), key), name);
}

void expect_all_named(Path &path)
{
	path.forget();
	for (unsigned flow = 0; flow < kFlows; flow++) {
		path.expect(packet_of(flow), kNamedDscp);
		path.expect(packet_of(flow).reversed(), kNamedDscp);
	}
}

} // namespace

TEST(NamesKept, of_flows_that_are_answered_while_others_fill_the_tables)
{
	Path path(kHostPolicy);
	path.expect(packet_of(kFlows), kOtherDscp);
	for (unsigned flow = 0; flow < kFlows; flow++)
		put_name(path, 0xc6336407, packet_of(flow).source.port, "live.test");
	for (std::uint32_t stranger = 0; stranger < 2 * FM_NAME_ENTRIES; stranger++) {
		put_name(path, 0x0a000000 + stranger, 50'000, "stranger.test");
		if (stranger % (FM_NAME_ENTRIES / 8) == FM_NAME_ENTRIES / 8 - 1)
			expect_all_named(path);
	}
}

} // namespace flowmark::test
