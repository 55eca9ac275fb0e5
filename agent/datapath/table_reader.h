// SPDX-License-Identifier: Apache-2.0
// How full the bounded tables are, and what the programs have cost.
#pragma once

#include <vector>

#include "datapath/bpf_object.h"
#include "datapath/engine.h"
#include "datapath/name_service.h"

namespace flowmark {

// The tables that the packet path fills.
std::vector<TableStatus> read_packet_tables(const BpfObject &object);

std::vector<ProgramStatus> read_programs(const BpfObject &object);

// `service` is null where nothing is learned from QUIC and DNS: all of that is 0.
std::vector<NameCount> read_name_counts(BpfObject &object, const NameService *service);

} // namespace flowmark
