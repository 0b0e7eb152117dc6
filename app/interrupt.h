// Ctrl-C: the first one asks long work to stop cleanly, a second one ends the process at once.
#pragma once

namespace dg::app {

/// SIGINT and SIGTERM set the flag from now on.
void catch_interrupts();
/// Has anyone asked to stop? Cheap: poll it in every step. Give up with error code cancelled.
bool interrupted();
/// For tests and for a window that asked "really?".
void set_interrupted(bool value);

}  // namespace dg::app
