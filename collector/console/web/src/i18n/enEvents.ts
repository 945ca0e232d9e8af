/** What the pages say of events and their pictures, in English. */
export const events = {
  title: "Lately",
  hint: "within a day, the newest first",
  at: "Time",
  what: "Event",
  details: "Details",
  masked: "Personal data: not shown to your account",
  field: {
    plate: "plate",
    confidence: "confidence",
    plate_type: "kind of plate",
    plate_colour: "colour of plate",
    vehicle_type: "vehicle",
    vehicle_colour: "colour",
    direction: "direction",
    lane: "lane",
    list: "list",
    kind: "kind",
    object: "object",
    region: "region",
    input: "input",
    state: "state",
    credential: "credential",
    person_ref: "person",
  },
  value: { in: "in", out: "out", approaching: "approaching", leaving: "leaving", unknown: "unknown", white: "white", visitor: "visitor", black: "black" },
};

export const picture = {
  look: "Picture",
  title: "Picture",
  alt: "Picture of device {device}",
  loading: "Fetching it from the gateway, 15 s at most…",
  taken: "Taken {time}",
  close: "Close",
  retry: "Try again",
  logged: "Every look is recorded",
  masked: {
    role: "Your account may not see personal data: plates and faces are masked",
    gateway: "This gateway keeps masked pictures only; there is no other",
  },
  error: {
    gateway_offline: "The gateway is offline; look again when it is back",
    picture_gone: "No longer there: its time is over, or the camera gave none",
    pictures_not_kept: "This gateway keeps no pictures, as its file says",
    cannot_mask: "Your account may see masked pictures only, and this gateway cannot mask them",
    too_large: "The picture is too large for the way from this gateway",
    not_supported: "The gateway's software is too old to send pictures",
    gateway_busy: "Too many ask this gateway for pictures; try again in a while",
    busy: "Too many look at pictures; try again in a while",
    picture_late: "The gateway sent nothing within 15 s; its line may be slow, try again",
    picture_broken: "What the gateway sent is no picture",
    no_such_picture: "This is no picture's reference",
  },
};

/** How a look ended, for the audit. */
export const pictureResult = {
  whole: "Seen whole",
  masked: "Seen masked",
  picture_gone: "No longer there",
  pictures_not_kept: "None kept",
  cannot_mask: "Not shown: cannot be masked",
  gateway_offline: "Gateway offline",
  picture_late: "Did not come in time",
};
