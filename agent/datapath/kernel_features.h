// SPDX-License-Identifier: Apache-2.0
// What this kernel can do, found out by trying: distributions carry features back to older
// versions, so a version says little. For people, metrics and the choice of programs; a hook
// is chosen by trying to attach (Hook::attach), for a moment without memory must not change it.
#pragma once

#include <vector>

#include "datapath/engine.h"

namespace flowmark {

struct KernelFeatures {
	bool tcx;	  // programs by link at ingress and egress (6.6), else filters of clsact
	bool xdp_frags;	  // XDP programs for frames in several buffers (5.18), else only of one
	bool map_batch;	  // many entries of a map by one call (5.6); needed
	bool ring_buffer; // (5.8); needed
};

// The same by their names, for people and metrics.
std::vector<FeatureStatus> feature_status();

// Asked of the kernel once. What may not be tried (no CAP_BPF) counts as not there.
const KernelFeatures &kernel_features();

} // namespace flowmark
