# SPDX-License-Identifier: Apache-2.0
"""What tools/bench is made of: measuring, judging, showing."""
