// SPDX-License-Identifier: Apache-2.0
// The programs, which the verifier takes a second for here and half a minute under an emulator:
// loaded once, and used by one Path after the other.
#pragma once

#include <memory>

#include "datapath/bpf_object.h"

namespace flowmark::test {

// An object with nothing in its maps. It goes back when the last owner has gone, and no thread may
// use it then; who asks while another has it gets one of their own.
std::shared_ptr<BpfObject> borrow_programs();

} // namespace flowmark::test
