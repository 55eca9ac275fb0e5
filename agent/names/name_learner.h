// SPDX-License-Identifier: Apache-2.0
// What the packet path hands to the agent (struct fm_punt) becomes names of flows and
// bindings of addresses. For one thread; the packet path is behind NameSink.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include <flowmark/abi.h>

#include "base/result.h"
#include "names/datagrams.h"
#include "names/dns_bindings.h"
#include "names/dns_streams.h"
#include "names/quic_reader.h"

namespace flowmark {

// Where names go, and what is known already. Called from NameLearner::take() alone.
class NameSink : public BindingSink {
      public:
	// `hash`: the flow's, as struct fm_punt has it. Its next packet is decided anew.
	virtual void put_name(const fm_flow_key &key, std::uint64_t hash, const fm_name &name) = 0;
	[[nodiscard]] virtual std::optional<fm_binding>
	find_binding(const fm_binding_key &key) const = 0;
	[[nodiscard]] virtual bool is_public_name(std::uint64_t hash) const = 0;
};

// Read by any thread.
struct NameCounts {
	std::atomic<std::uint64_t> quic_names{0}, quic_no_names{0}, quic_not_kept{0};
	std::array<std::atomic<std::uint64_t>, kQuicReasons> quic_failures{};
	std::atomic<std::uint64_t> dns_messages{0}, dns_bindings{0};
	std::array<std::atomic<std::uint64_t>, kDnsProblems.size()> dns_problems{};
	std::atomic<std::uint64_t> malformed{0}; // punts that are none
};

class NameLearner {
      public:
	// The sink must outlive it.
	static Result<NameLearner> open(NameSink &sink, const BindingLimits &limits = {});

	// Of new names not more in a second than the packet path keeps: a flood of them would
	// push those of all flows out.
	void bound_names() { bounded_ = true; }

	// A record of the ring, which may be anything.
	void take(std::span<const std::uint8_t> record, NameCounts &counts);
	// For a policy with others.
	void set_ttl_limits(std::uint32_t floor, std::uint32_t ceiling)
	{
		bindings_.set_ttl_limits(floor, ceiling);
	}

      private:
	NameLearner(NameSink &sink, QuicReader quic, const BindingLimits &limits)
		: sink_(sink), quic_(std::move(quic)), bindings_(sink, limits)
	{}
	void take_payload(const fm_punt &punt, Bytes payload, NameCounts &counts);
	void take_quic(const fm_punt &punt, Bytes payload, NameCounts &counts);
	void take_dns_segment(const fm_punt &punt, Bytes payload, NameCounts &counts);
	void take_dns(const fm_punt &punt, Bytes message, NameCounts &counts);
	void name_flow(const fm_punt &punt, std::string_view host);
	bool may_name(std::uint64_t now_ns);

	NameSink &sink_;
	Datagrams datagrams_;
	QuicReader quic_;
	DnsStreams streams_;
	DnsBindings bindings_;
	bool bounded_ = false;
	std::uint64_t window_ = 0; // of time, and how many flows were named in it
	std::uint32_t named_ = 0;
};

} // namespace flowmark
