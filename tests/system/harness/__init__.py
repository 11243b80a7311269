# SPDX-License-Identifier: Apache-2.0
"""What the system tests stand on: a real Kafka, workers as processes, the simulator, events, and waiting for conditions."""
