/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 4, act: what the class asks for beside its mark, which comes next. Few
 * classes ask for anything, and the fast way looks at their flags once. */
#ifndef FLOWMARK_BPF_ACT_H
#define FLOWMARK_BPF_ACT_H

#include "maps.h"
#include "police.h"

/* What is to be done with the packet; `outcome` is below FM_OUTCOMES. */
FM_INLINE const struct fm_act *fm_find_act(const struct fm_view *view, int direction, __u64 outcome)
{
	const struct fm_act *act = &view->act[direction][outcome];

	FM_HIDE(act);
	return act;
}

enum fm_next { FM_NEXT_MARK, FM_NEXT_COUNT, FM_NEXT_DROP };

/* `where`: as for fm_police(). */
FM_INLINE enum fm_next fm_obey(struct __sk_buff *skb, const struct fm_view *view, __u32 flags,
			       __u32 outcome, int direction, __u32 where)
{
	if (direction == FM_INGRESS && flags & FM_ACT_POLICE &&
	    fm_police(skb, view, outcome, where))
		return FM_NEXT_DROP;
	if (skb && flags & FM_ACT_PRIORITY)
		skb->priority = FM_PRIORITY_BASE + outcome;
	return flags & FM_ACT_KEEP ? FM_NEXT_COUNT : FM_NEXT_MARK;
}

#endif
