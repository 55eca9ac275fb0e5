// SPDX-License-Identifier: Apache-2.0
// TCP connections through the real programs, segment by segment: what each leaves with,
// and what the flow is called then.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "datapath/name_maps.h"
#include "names/initials.h"
#include "replay/instance.h"
#include "support/packet.h"

namespace flowmark::test {

// What packets of the classes leave with; of the default class: as they came, 0.
inline constexpr std::uint8_t kNamed = 46, kOther = 18;

using NameEvents = std::array<std::uint64_t, FM_NAME_EVENT_COUNT>;

// The programs, with a policy that marks flows to `hosts` kNamed, and to `others` kOther.
class NamePath {
      public:
	explicit NamePath(const std::vector<std::string> &hosts,
			  const std::vector<std::string> &others = {"other.example"});

	// The ends of a flow that was never seen; the clock moves on so far that no
	// earlier one holds a buffer any more.
	FrameSpec fresh();
	void pass(std::uint64_t milliseconds);

	// The DSCP it leaves with. `key` becomes its flow's.
	std::uint8_t run(const Frame &frame, fm_flow_key &key);
	// Empty: none.
	[[nodiscard]] std::string name_of(const fm_flow_key &key) const;
	[[nodiscard]] NameEvents events() const { return names_->events(); }
	[[nodiscard]] Instance &instance() { return *instance_; }

      private:
	std::unique_ptr<Config> config_;
	std::unique_ptr<Instance> instance_;
	std::unique_ptr<NameMaps> names_;
	std::uint64_t now_ns_ = 1'000'000'000'000;
	std::uint32_t flows_ = 0;
};

// One connection. Offsets are those of the byte stream: 0 is the byte behind the SYN.
class Conversation {
      public:
	explicit Conversation(NamePath &path) : Conversation(path, path.fresh()) {}
	// `client`: as the client's frames are, but for flags and payload.
	Conversation(NamePath &path, FrameSpec client, std::uint32_t first = 1000);

	// Two tags around PPPoE, which FrameSpec has not.
	void wrap_in_qinq() { qinq_ = true; }

	// All return the DSCP that the segment left with.
	std::uint8_t syn(View data = {});
	std::uint8_t syn_ack();
	std::uint8_t client(std::size_t offset, View data);
	std::uint8_t server(std::size_t offset, View data);
	void open()
	{
		syn();
		syn_ack();
	}

	[[nodiscard]] std::string name() const { return path_.name_of(key_); }
	// Of the last segment.
	[[nodiscard]] const fm_flow_key &key() const { return key_; }
	// What later packets of either end leave with; they say nothing that matters. kMixed
	// if they differ.
	std::uint8_t later();
	static constexpr std::uint8_t kMixed = 0xff;

      private:
	std::uint8_t send(const FrameSpec &spec, std::uint32_t seq, View data);

	NamePath &path_;
	FrameSpec client_;
	std::uint32_t first_;
	bool qinq_ = false;
	fm_flow_key key_{};
};

// A TCP segment with this data behind its headers.
Bytes tcp_frame(FrameSpec spec, std::uint32_t seq, View data);

// A handshake message in records: of these sizes, and what is left in a last one.
Bytes in_records(View message, const std::vector<std::size_t> &sizes = {});
// In one record, with this name; "": without.
Bytes hello_of_name(const std::string &name);

Bytes text(std::string_view characters);

} // namespace flowmark::test
