/** A moment: how long ago, and on hover exactly, with the zone named. */
import { now } from "../live";
import { ago, exact } from "../model/time";

export function When({ moment }: { moment: string }) {
  return (
    <time dateTime={moment} title={exact(moment)}>
      {ago(moment, now.value)}
    </time>
  );
}
