// SPDX-License-Identifier: Apache-2.0
// Exists so that the precompiled headers have a target to belong to.
