// SPDX-License-Identifier: Apache-2.0
// The remembered decisions, from outside the packet path.
#pragma once

#include <cstddef>
#include <cstdint>

#include "datapath/bpf_object.h"

namespace flowmark {

// As bpf/flow_key.h works it out, under this object's secrets.
std::uint64_t flow_hash(const BpfObject &object, const fm_flow_key &key);

// The flow's next packet is decided anew. What the packet path remembers of a flow
// beside that stays.
void forget_decision(BpfObject &object, std::uint64_t hash);

// Those of all flows.
void forget_decisions(BpfObject &object);

// Forgets the decisions and all other facts of every flow.
void forget_flows(BpfObject &object);

void empty_map(int map_fd, std::size_t key_bytes, std::size_t value_bytes);

} // namespace flowmark
