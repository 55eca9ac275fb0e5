// SPDX-License-Identifier: Apache-2.0
// The packet path's memory of names, as NameSink and for whoever shows them.
#pragma once

#include <array>
#include <optional>

#include "datapath/bpf_object.h"
#include "names/name_learner.h"

namespace flowmark {

class NameMaps final : public NameSink {
      public:
	// The object must outlive it.
	explicit NameMaps(BpfObject &object) : object_(object) {}

	void put_name(const fm_flow_key &key, std::uint64_t hash, const fm_name &name) override;
	[[nodiscard]] std::optional<fm_binding>
	find_binding(const fm_binding_key &key) const override;
	[[nodiscard]] bool is_public_name(std::uint64_t hash) const override;
	void put(const fm_binding_key &key, const fm_binding &binding) override;
	void put_public_name(std::uint64_t hash) override;
	void forget_public_name(std::uint64_t hash);

	[[nodiscard]] std::optional<fm_name> name_of(const fm_flow_key &key) const;
	void forget(const fm_flow_key &key);
	void forget_all();
	// By enum fm_name_event.
	[[nodiscard]] std::array<std::uint64_t, FM_NAME_EVENT_COUNT> events() const;

      private:
	BpfObject &object_;
};

} // namespace flowmark
