// SPDX-License-Identifier: Apache-2.0
// The maps of the BPF object and their pins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "datapath/pin_folder.h"

struct bpf_map;
struct bpf_object;

namespace flowmark {

// A number for the shape of all maps and the places of all global data; the size
// of `sized_by_config` does not count. Equal numbers: the maps can be taken over.
std::uint64_t data_layout(const bpf_object *object, const bpf_map *sized_by_config);

// Has the object use the map that is pinned, instead of making its own. False,
// without an error, if that one has another size. REQUIRES: not loaded yet.
Result<bool> reuse_map(bpf_map *map, const PinFolder &folder);

// Pins every map of the loaded object that is not pinned yet, over what may be
// there under its name. `names`: of the maps before any was reused, in the object's order. A
// map that is reused takes the kernel's name for it, which is empty where the probe for names
// failed once, for want of memory say, in an earlier start.
Result<void> pin_maps(const bpf_object *object, const std::vector<std::string> &names,
		      const PinFolder &folder);

} // namespace flowmark
