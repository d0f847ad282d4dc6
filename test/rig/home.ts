/** What the rig keeps from one run to the next: the container engine with its images, and programs that each box would fetch anew. */
export const home = '/var/tmp/roadie-rig';
